import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { collectionsOf } from "../../../src/app.ts";
import { createBroadcasts } from "../../../src/apps/bookings/broadcasts.ts";
import { openTicketMessages, openTickets } from "../../../src/apps/bookings/collections.ts";
import { NAMESPACE, supportRoom } from "../../../src/apps/bookings/rooms.ts";
import { createSupportService } from "../../../src/apps/bookings/support.ts";
import { createSnapshot } from "../../../src/delivery/snapshot.ts";
import { systemClock } from "../../../src/hub/clock.ts";
import { once } from "../../../src/hub/commands.ts";
import type { Store } from "../../../src/store/collection.ts";
import { openStore } from "../../../src/store/open.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { anIdentity } from "../../hub/recording-wire.ts";
import { comingAgain } from "../../support/command.ts";
import { faultsTo } from "../../support/faults.ts";
import { startMongo } from "../../support/mongo.ts";

const CREATOR = anIdentity("00000000-0000-4000-8000-00000000000a");

/** A support service with a store of its own, as one worker has it. It may be slow to put messages in their rooms' logs. */
async function worker(settings: { mongodbUrl?: string; dataDir: string }, delayMs = () => 0) {
  const relay: Relay = async (messages) => {
    await new Promise((resolve) => setTimeout(resolve, delayMs()));
    await store.log.append(messages);
    return {};
  };
  const events = faultsTo((_where, error) => console.error(error));
  const store: Store = await openStore({ ...settings, clock: systemClock, events, relay });
  const tickets = await openTickets(collectionsOf(store));
  const messages = await openTicketMessages(collectionsOf(store));
  const broadcasts = createBroadcasts(systemClock);
  const snapshot = createSnapshot(store.log);
  const tools = { tickets, messages, broadcasts, snapshot, clock: systemClock };
  return { support: createSupportService(tools), store };
}

/** The ids of the messages in the log of a ticket's room, in order. */
async function logged({ log }: Store, ticketId: string): Promise<unknown[]> {
  const entries = await log.read({ namespace: NAMESPACE, room: supportRoom(ticketId) }, 0, 1_000);
  return entries.map(({ message }) => (message.payload.message as { id: string }).id);
}

describe("the messages of a ticket", () => {
  it("are numbered without gaps by workers that write at once, and stand in the room's log in that order", async function () {
    // The first to ask for the server may have to wait until it is built.
    this.timeout(400_000);
    const database = await startMongo();
    if ("skipped" in database) {
      console.log(`    skipped: ${database.skipped}`);
      return this.skip();
    }
    const settings = { mongodbUrl: database.url, dataDir: "" };
    const workers = await Promise.all([0, 10, 30].map((ms) => worker(settings, () => Math.random() * ms)));
    const [first] = workers;
    try {
      const { id } = await first!.support.create(CREATOR, "Late again", once);
      const posts = workers.flatMap(({ support }, w) =>
        Array.from({ length: 15 }, (_, i) => support.post(id, CREATOR, `message ${i} of worker ${w}`, once)),
      );
      await Promise.all(posts);
      const { items, seq } = await first!.support.list(id, CREATOR, 0);
      expect(items.map(({ seq }) => seq)).to.eql(Array.from({ length: 45 }, (_, i) => i + 1));
      expect(seq).to.equal(45);
      expect(await logged(first!.store, id)).to.eql(items.map(({ id }) => id));
    } finally {
      for (const { store } of workers) await store.close();
      await database.stop();
    }
  });

  describe("on one worker", () => {
    let dataDir: string;
    let one: Awaited<ReturnType<typeof worker>>;

    before(async () => {
      dataDir = await mkdtemp(path.join(tmpdir(), "junction-support-"));
      one = await worker({ dataDir });
    });
    after(async () => {
      await one.store.close();
      await rm(dataDir, { recursive: true });
    });

    it("come at most 1,000 at a time", async function () {
      this.timeout(60_000);
      const { support } = one;
      const { id } = await support.create(CREATOR, "A long story", once);
      await Promise.all(Array.from({ length: 1_005 }, (_, i) => support.post(id, CREATOR, `part ${i}`, once)));
      const { items } = await support.list(id, CREATOR, 0);
      expect(items).to.have.lengthOf(1_000);
      const rest = await support.list(id, CREATOR, items.at(-1)!.seq);
      expect(rest.items.map(({ seq }) => seq)).to.eql([1_001, 1_002, 1_003, 1_004, 1_005]);
      expect(rest.seq).to.equal(1_005);
    });

    it("are said once by a command that comes again, also where others have said something since", async () => {
      const { support, store } = one;
      const [creating, posting] = [comingAgain(), comingAgain()];
      const ticket = await support.create(CREATOR, "Late again", creating());
      expect(await support.create(CREATOR, "Late again", creating())).to.eql(ticket);
      const said = await support.post(ticket.id, CREATOR, "Hello?", posting());
      await support.post(ticket.id, CREATOR, "Hello??", once);
      expect(await support.post(ticket.id, CREATOR, "Hello?", posting())).to.eql(said);
      const { items } = await support.list(ticket.id, CREATOR, 0);
      expect(items.map(({ message }) => message)).to.eql(["Hello?", "Hello??"]);
      expect(await logged(store, ticket.id)).to.eql(items.map(({ id }) => id));
    });
  });
});
