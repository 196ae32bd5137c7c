import type { Dropped, Marks } from "./frame.ts";

/**
 * Returns the messages of a backlog that must be kept, in their order: no `volatile` ones, and of class `latest` the
 * newest of each key. Reports the others to `dropped`, by class.
 */
export function conflate<T>(backlog: readonly T[], marksOf: (item: T) => Marks, dropped: Dropped): T[] {
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
