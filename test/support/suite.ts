import { once } from "node:events";
import type { ConfigFile } from "../../src/config.ts";
import { DOORS, type Door, pollingDoor, type Target, type TestClient } from "./client.ts";
import { startHub, type TestHub } from "./hub.ts";
import { isFast, startMongo } from "./mongo.ts";

/** What the specs of a suite share. Its hub is there once mocha's `before` hooks have run. */
export interface Suite {
  readonly hub: TestHub;
  /** The doors to run through: both, and where it is quick Socket.IO by polling too. */
  readonly doors: readonly Door[];
  /** A client that is closed after the spec, if the spec or the hub has not done so. */
  connect(door: Door, target: Target): Promise<TestClient>;
  /** Resolves when no client is connected to the hub any more. */
  emptied(): Promise<void>;
}

/** One door for two apps, so that `/ws` is the one of the events app whatever other apps there are. */
const ONE_DOOR: ConfigFile = { doors: [{ port: 0, apps: ["vehicles", "events"] }] };

/** Runs the same specs on the embedded database and on a MongoDB server; one that cannot be had is told with the reason. */
export function onBothStores(title: string, specs: (suite: Suite) => void, file: ConfigFile = ONE_DOOR): void {
  for (const mongo of isFast ? [false] : [false, true]) {
    describe(`${title}, on ${mongo ? "a MongoDB server" : "the embedded database"}`, () => {
      if (mongo) {
        before(async function () {
          // The first to ask for the server may have to wait until it is built.
          this.timeout(400_000);
          const database = await startMongo();
          if (!("skipped" in database)) return database.stop();
          console.log(`    skipped: ${database.skipped}`);
          this.skip();
        });
      }
      withHub(specs, { mongo, file });
    });
  }
}

/** A hub for the specs of the suite that this is called in; each of them leaves it without clients. */
export function withHub(specs: (suite: Suite) => void, settings: Parameters<typeof startHub>[0] = {}): void {
  let hub: TestHub | undefined;
  const clients: TestClient[] = [];

  const suite: Suite = {
    doors: settings.mongo ? DOORS : [...DOORS, pollingDoor],
    get hub() {
      if (!hub) throw new Error("the hub is there when the spec runs, not before");
      return hub;
    },
    async connect(door, target) {
      const client = await door.connect(suite.hub.url, target);
      clients.push(client);
      return client;
    },
    async emptied() {
      const { hub: core } = suite.hub;
      while (core.connections.size > 0) await once(core.events, "disconnected");
    },
  };

  before(async () => {
    hub = await startHub({ file: ONE_DOOR, ...settings });
  });
  specs(suite);
  // After the hooks of the specs, which may have clients of their own to close.
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await suite.emptied();
  });
  after(async () => {
    await hub?.stop();
  });
}
