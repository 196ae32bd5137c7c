import type { Channel, RetentionSettings } from "../hub/channel.ts";
import type { Clock } from "../hub/clock.ts";
import { every } from "../hub/clock.ts";
import type { Retention, RoomLog } from "../store/log.ts";

/** What is kept where neither the channel nor the configuration says otherwise. */
export const DEFAULT_RETENTION = { messages: 1_000, hours: 24 };

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
  configured: Readonly<Record<string, RetentionSettings>>,
  clock: Clock,
  onFault: (error: unknown) => void,
): () => Promise<void> {
  const kept = new Map<string, Retention>();
  for (const { rootNamespace, retention } of channels) {
    const wanted = configured[rootNamespace];
    const messages = wanted?.messages ?? retention?.messages ?? DEFAULT_RETENTION.messages;
    const hours = wanted?.hours ?? retention?.hours ?? DEFAULT_RETENTION.hours;
    kept.set(rootNamespace, { messages, ms: hours * HOUR_MS });
  }
  const otherwise = { messages: DEFAULT_RETENTION.messages, ms: DEFAULT_RETENTION.hours * HOUR_MS };
  return every(clock, TRIM_MS, async () => {
    try {
      await log.trim((namespace) => kept.get(namespace) ?? otherwise);
    } catch (error) {
      onFault(error);
    }
  });
}
