import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { createBroadcasts } from "../../../src/channels/bookings/broadcasts.ts";
import { ticketCollection, ticketMessageCollection } from "../../../src/channels/bookings/collections.ts";
import { createSupportService } from "../../../src/channels/bookings/support.ts";
import { systemClock } from "../../../src/hub/clock.ts";
import type { Identity } from "../../../src/hub/identity.ts";
import type { Outgoing } from "../../../src/hub/publish.ts";
import { openStore } from "../../../src/store/open.ts";
import { startMongo } from "../../support/mongo.ts";

const CREATOR: Identity = {
  userId: "00000000-0000-4000-8000-00000000000a",
  role: "customer",
  email: undefined,
  credentialId: "token",
  expiresAt: undefined,
};

/** A support service with a store of its own, as one worker has it, and what it has sent. */
async function worker(settings: { mongodbUrl?: string; dataDir: string }) {
  const sent: Outgoing[] = [];
  const store = await openStore({ ...settings, relay: (message) => void sent.push(message) });
  const tickets = await store.collection(ticketCollection);
  const messages = await store.collection(ticketMessageCollection);
  const broadcasts = createBroadcasts(systemClock);
  return { support: createSupportService({ tickets, messages, broadcasts, clock: systemClock }), sent, store };
}

describe("the messages of a ticket", () => {
  it("are numbered without gaps by workers that write at once, each sending its own in order", async function () {
    // The first to ask for the server may have to wait until it is built.
    this.timeout(400_000);
    const database = await startMongo();
    if ("skipped" in database) {
      console.log(`    skipped: ${database.skipped}`);
      return this.skip();
    }
    const workers = await Promise.all([1, 2, 3].map(() => worker({ mongodbUrl: database.url, dataDir: "" })));
    const [first] = workers;
    try {
      const { id } = await first!.support.create(CREATOR, "Late again");
      const posts = workers.flatMap(({ support }, w) =>
        Array.from({ length: 15 }, (_, i) => support.post(id, CREATOR, `message ${i} of worker ${w}`)),
      );
      await Promise.all(posts);
      const stored = await first!.support.list(id, CREATOR, 0);
      expect(stored.map(({ seq }) => seq)).to.eql(Array.from({ length: 45 }, (_, i) => i + 1));
      for (const [w, { sent }] of workers.entries()) {
        const own = stored.filter(({ message }) => message.endsWith(`worker ${w}`));
        expect(sent.map(({ payload }) => (payload.message as { id: string }).id)).to.eql(own.map(({ id }) => id));
      }
    } finally {
      for (const { store } of workers) await store.close();
      await database.stop();
    }
  });

  it("come at most 1,000 at a time", async function () {
    this.timeout(60_000);
    const dataDir = await mkdtemp(path.join(tmpdir(), "junction-support-"));
    const { support, store } = await worker({ dataDir });
    try {
      const { id } = await support.create(CREATOR, "A long story");
      await Promise.all(Array.from({ length: 1_005 }, (_, i) => support.post(id, CREATOR, `part ${i}`)));
      const page = await support.list(id, CREATOR, 0);
      expect(page).to.have.lengthOf(1_000);
      const rest = await support.list(id, CREATOR, page.at(-1)!.seq);
      expect(rest.map(({ seq }) => seq)).to.eql([1_001, 1_002, 1_003, 1_004, 1_005]);
    } finally {
      await store.close();
      await rm(dataDir, { recursive: true });
    }
  });
});
