/** Reads the numeric id in a URL or namespace; gives `NaN` for any other spelling, so that every thing has one address. */
export function idOf(written = ""): number {
  return /^[1-9]\d{0,14}$/.test(written) ? Number(written) : Number.NaN;
}
