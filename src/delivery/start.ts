import type { Channel, RetentionSettings } from "../hub/channel.ts";
import { type Clock, systemClock } from "../hub/clock.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Fanout } from "../hub/message.ts";
import type { Store } from "../store/collection.ts";
import { Delivery } from "./delivery.ts";
import type { FaultPoint } from "./faults.ts";
import { openPublications } from "./publications.ts";
import { trimInBackground } from "./retention.ts";

export interface StartOptions {
  readonly store: Store;
  readonly channels: readonly Channel[];
  /** What the configuration says of how long messages are kept, by root namespace. */
  readonly retention: Readonly<Record<string, RetentionSettings>>;
  readonly clock: Clock;
  readonly events: HubEvents;
  readonly fanout: Fanout;
  readonly faultPoint: FaultPoint | undefined;
  /** Told of failures that nobody waits for. */
  readonly onFault: (where: string, error: unknown) => void;
}

/** Delivery on this worker, with what it does in the background until `stop`. */
export async function startDelivery(options: StartOptions): Promise<{ delivery: Delivery; stop: () => Promise<void> }> {
  const { store, channels, retention, clock, onFault } = options;
  const publications = await openPublications(store, clock, onFault);
  // The messages themselves go by real time, as the link between workers does.
  const delivery = new Delivery({ ...options, log: store.log, keep: publications.keep, clock: systemClock });
  const stopTrimming = trimInBackground(store.log, channels, retention, clock, (error) => {
    onFault("trimming the log", error);
  });
  return {
    delivery,
    async stop() {
      await Promise.all([delivery.close(), stopTrimming(), publications.stop()]);
    },
  };
}
