import type { DeliveryClass } from "../../hub/channel.ts";

/** What a slow client's backlog needs to know of a message; without it the message is kept. */
export interface Marks {
  delivery?: DeliveryClass;
  /** For class `latest`: of messages with the same key only the newest matters. */
  key?: string;
}

/** Is told how many messages of a class a slow client was spared, or lost for newer ones. */
export type Dropped = (delivery: DeliveryClass, count: number) => void;

/** What must be kept of a backlog: nothing `volatile`, and of `latest` the newest of each key, in its place. */
export function thin<T>(backlog: readonly T[], marksOf: (item: T) => Marks, dropped: Dropped): T[] {
  const seen = new Set<string>();
  const kept: T[] = [];
  const counts = { volatile: 0, latest: 0 };
  for (const item of backlog.toReversed()) {
    const { delivery, key } = marksOf(item);
    if (delivery === "volatile") counts.volatile += 1;
    else if (delivery === "latest" && key !== undefined && seen.has(key)) counts.latest += 1;
    else {
      if (delivery === "latest" && key !== undefined) seen.add(key);
      kept.push(item);
    }
  }
  if (counts.volatile > 0) dropped("volatile", counts.volatile);
  if (counts.latest > 0) dropped("latest", counts.latest);
  return kept.reverse();
}
