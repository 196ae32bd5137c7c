import type { Channel, Keep } from "../hub/channel.ts";
import type { Clock } from "../hub/clock.ts";
import { repeat } from "../hub/clock.ts";
import type { Retention, RoomLog } from "../store/log.ts";

/** What is kept where neither the channel nor the configuration says otherwise. */
export const DEFAULT_KEEP = { messages: 1_000, hours: 24 };

const HOUR_MS = 3_600_000;

/** How often the log is trimmed; milliseconds. */
const TRIM_MS = 30_000;

/**
 * Trims the log in the background, from now until the returned function is called. By root namespace: `configured` wins
 * over what the channel declares.
 */
export function trimInBackground(
  log: RoomLog,
  channels: readonly Channel[],
  configured: Readonly<Record<string, Keep>>,
  clock: Clock,
  onFault: (error: unknown) => void,
): () => Promise<void> {
  const kept = new Map<string, Retention>();
  for (const { rooms, keep } of channels) {
    const wanted = configured[rooms];
    const messages = wanted?.messages ?? keep?.messages ?? DEFAULT_KEEP.messages;
    const hours = wanted?.hours ?? keep?.hours ?? DEFAULT_KEEP.hours;
    kept.set(rooms, { messages, ms: hours * HOUR_MS });
  }
  const otherwise = { messages: DEFAULT_KEEP.messages, ms: DEFAULT_KEEP.hours * HOUR_MS };
  return repeat(clock, TRIM_MS, async () => {
    try {
      await log.trim((namespace) => kept.get(namespace) ?? otherwise);
    } catch (error) {
      onFault(error);
    }
  });
}
