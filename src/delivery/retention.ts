import type { Channel, RetentionSettings } from "../hub/channel.ts";
import type { Clock } from "../hub/clock.ts";
import { every } from "../hub/clock.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Retention, RoomLog } from "../store/log.ts";

/** The retention if neither the channel nor the configuration sets another. */
export const DEFAULT_RETENTION = { messages: 1_000, hours: 24 };

const HOUR_MS = 3_600_000;

/** The interval at which the log is trimmed; milliseconds. */
const TRIM_MS = 30_000;

/**
 * Trims the log in the background until the returned function is called. `configured` has retentions by root namespace;
 * they take precedence over those of the channels.
 */
export function trimInBackground(
  log: RoomLog,
  channels: readonly Channel[],
  configured: Readonly<Record<string, RetentionSettings>>,
  clock: Clock,
  events: HubEvents,
): () => Promise<void> {
  const retentions = new Map<string, Retention>();
  for (const { rootNamespace, retention } of channels) {
    const override = configured[rootNamespace];
    const messages = override?.messages ?? retention?.messages ?? DEFAULT_RETENTION.messages;
    const hours = override?.hours ?? retention?.hours ?? DEFAULT_RETENTION.hours;
    retentions.set(rootNamespace, { messages, ms: hours * HOUR_MS });
  }
  const byDefault = { messages: DEFAULT_RETENTION.messages, ms: DEFAULT_RETENTION.hours * HOUR_MS };
  return every(clock, TRIM_MS, async () => {
    try {
      await log.trim((namespace) => retentions.get(namespace) ?? byDefault);
    } catch (error) {
      events.emit("fault", { where: "trimming the log", error });
    }
  });
}
