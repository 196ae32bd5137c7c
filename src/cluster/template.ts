/** What a template is filled in from: text for a name, a list of values for a section. */
export interface Values {
  readonly [name: string]: string | number | readonly Values[];
}

const SECTION = /^[ \t]*\{\{#(\w+)\}\}\n([\s\S]*?)^[ \t]*\{\{\/\1\}\}\n/gm;

/**
 * Fills in a template: `{{name}}` by the value of that name, and the lines between `{{#name}}` and `{{/name}}` once for
 * each item of that list. Within a section the names of those around it are known too. Throws when a name is not known.
 */
export function fill(template: string, values: Values): string {
  const lookUp = (name: string): Values[string] => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template names ${name}, which is not there`);
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
