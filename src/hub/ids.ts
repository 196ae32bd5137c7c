/**
 * Parses the numeric id in a URL or namespace. Returns `NaN` for any other spelling, so that each object has one URL.
 */
export function idOf(written = ""): number {
  return /^[1-9]\d{0,14}$/.test(written) ? Number(written) : Number.NaN;
}
