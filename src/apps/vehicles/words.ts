/** Characters of a field that are indexed from each start of a word: the longest term that can be searched for. */
const LONGEST = 64;

/**
 * Returns the texts whose prefixes are valid search terms: each field from the start of each of its words, in lower
 * case.
 * `John Doe` gives `john doe` and `doe`; `+1234567890` gives itself and `1234567890`.
 */
export function wordsOf(...fields: readonly string[]): string[] {
  const words = new Set<string>();
  for (const field of fields.map(fold)) {
    for (const { index } of field.matchAll(/(?<=^|\s)\S|(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)) {
      words.add(field.slice(index, index + LONGEST));
    }
  }
  return [...words];
}

/** Normalises a term or a field for comparison: lower case, trimmed, runs of spaces as one. */
export function fold(text: string): string {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}
