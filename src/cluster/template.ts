/** The values for a template: text or a number for a name, a list of values for a section. */
export interface Values {
  readonly [name: string]: string | number | readonly Values[];
}

const SECTION = /^[ \t]*\{\{#(\w+)\}\}\n([\s\S]*?)^[ \t]*\{\{\/\1\}\}\n/gm;

/**
 * Fills in a template. `{{name}}` becomes the value of that name. The lines between `{{#name}}` and `{{/name}}` are repeated
 * for each item of that list. A section may use the names around it. Throws an `Error` for a name without a value.
 */
export function fill(template: string, values: Values): string {
  const lookUp = (name: string): Values[string] => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template uses ${name}, which has no value`);
    return value;
  };
  return template
    .replace(SECTION, (_all, name: string, body: string) => {
      const items = lookUp(name);
      if (!Array.isArray(items)) throw new Error(`the template repeats ${name}, which is no list`);
      return items.map((item: Values) => fill(body, { ...values, ...item })).join("");
    })
    .replace(/\{\{(\w+)\}\}/g, (_all, name: string) => String(lookUp(name)));
}
