import type { DeliveryClass } from "../hub/channel.ts";

/** What a slow client's backlog needs to know of a message; without it the message is kept. */
export interface Marks {
  delivery?: DeliveryClass;
  /** For class `latest`: of messages with the same key only the newest matters. */
  key?: string;
}

/** What must be kept of a backlog: nothing `volatile`, and of `latest` the newest of each key, in its place. */
export function thin<T>(backlog: readonly T[], marksOf: (item: T) => Marks): T[] {
  const seen = new Set<string>();
  const kept: T[] = [];
  for (const item of backlog.toReversed()) {
    const { delivery, key } = marksOf(item);
    if (delivery === "volatile") continue;
    if (delivery === "latest" && key !== undefined) {
      if (seen.has(key)) continue;
      seen.add(key);
    }
    kept.push(item);
  }
  return kept.reverse();
}
