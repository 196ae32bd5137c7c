import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { systemClock } from "../../src/hub/clock.ts";
import type { Message } from "../../src/hub/message.ts";
import type { Store } from "../../src/store/collection.ts";
import { openEmbeddedStore } from "../../src/store/embedded/store.ts";
import type { Relay } from "../../src/store/writes/relay.ts";

export interface LoggedStore {
  readonly store: Store;
  /** The messages that its changes have caused so far, in order. */
  readonly sent: readonly Message[];
  remove(): Promise<void>;
}

/** The embedded store in a folder of its own; what its changes cause is put in the logs of its rooms, and goes nowhere. */
export async function loggedStore(): Promise<LoggedStore> {
  const folder = await mkdtemp(path.join(tmpdir(), "junction-logged-"));
  const sent: Message[] = [];
  const relay: Relay = async (messages) => {
    sent.push(...messages.map(({ message }) => message));
    await store.log.append(messages.filter(({ message }) => message.delivery === "log"));
    return {};
  };
  const store: Store = await openEmbeddedStore({ folder, relay, clock: systemClock });
  return {
    store,
    sent,
    async remove() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
