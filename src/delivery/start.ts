import type { Channel, RetentionSettings } from "../hub/channel.ts";
import { type Clock, systemClock } from "../hub/clock.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Fanout, Peers } from "../hub/message.ts";
import type { Store } from "../store/collection.ts";
import { Delivery } from "./delivery.ts";
import type { FaultPoint } from "./faults.ts";
import { openPublications } from "./publications.ts";
import { trimInBackground } from "./retention.ts";

export interface StartOptions {
  readonly store: Store;
  readonly channels: readonly Channel[];
  /** The configured retentions, by root namespace. */
  readonly retention: Readonly<Record<string, RetentionSettings>>;
  readonly clock: Clock;
  readonly events: HubEvents;
  readonly fanout: Fanout;
  readonly peers: Peers;
  readonly faultPoint: FaultPoint | undefined;
}

/** Starts delivery on this worker, with its background work until `stop`. Rejects as the store does. */
export async function startDelivery(options: StartOptions): Promise<{ delivery: Delivery; stop: () => Promise<void> }> {
  const { store, channels, retention, clock, events } = options;
  const publications = await openPublications(store, clock, events);
  // Delivery takes real time, as the link between workers does.
  const delivery = new Delivery({ ...options, log: store.log, keep: publications.keep, clock: systemClock });
  const stopTrimming = trimInBackground(store.log, channels, retention, clock, events);
  return {
    delivery,
    async stop() {
      await Promise.all([delivery.close(), stopTrimming(), publications.stop()]);
    },
  };
}
