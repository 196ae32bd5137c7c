import { expect } from "chai";
import type { Command } from "../../../src/hub/commands.ts";
import type { Message, StoredPublication } from "../../../src/hub/message.ts";
import type { Store } from "../../../src/store/collection.ts";
import { openStore } from "../../../src/store/open.ts";
import { originOf } from "../../../src/store/writes/origin.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { faultsTo } from "../../support/faults.ts";
import { idle, ManualClock } from "../../support/manual-clock.ts";
import { aMessage, aThing, type Bench, declareThings, type Location, type Thing, type Things } from "./bench.ts";
import { refusalOf } from "./documents.ts";

/** One opening of a store, by a worker whose clock is the test's. */
interface Worker {
  readonly store: Store;
  readonly things: Things;
  readonly clock: ManualClock;
  /** What was relayed, and what was said to be before it, in order. */
  readonly relayed: StoredPublication[];
  readonly earlier: StoredPublication[];
  readonly faults: unknown[];
  /** What becomes of messages from now on; at first they are out at once. */
  relay: () => ReturnType<Relay>;
  /** Lets so many milliseconds pass, and what is to be done in them be done. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** A sweep and a tidying are always due. */
const TIMERS = 2;

const start = Date.UTC(2030, 0, 1);

const countUp = (thing: Thing) => {
  const count = thing.count + 1;
  return { next: { ...thing, count }, messages: [aMessage("counted", { count })], result: count };
};

const never = () => new Promise<never>(() => {});
const fails = () => Promise.reject(new Error("no way out"));

/** A command that comes for the first time, or again: its first write has this name. */
function command(name: string): Command {
  let steps = 0;
  return { number: (next) => next(), uuid: () => name, step: () => `${name}:${steps++}` };
}

/** What is promised of messages when workers die, and of commands that come again. */
export function outbox(bench: Bench): void {
  let location: Location;
  let workers: Worker[];

  beforeEach(async () => {
    location = await bench.elsewhere();
    workers = [];
  });
  afterEach(async () => {
    for (const worker of workers) await worker.close();
  });

  /** Opens the store; the one before is closed first, as one that has died is. */
  async function open({ at = start, collection = "things" } = {}): Promise<Worker> {
    await workers.at(-1)?.close();
    const clock = new ManualClock(at);
    const relayed: StoredPublication[] = [];
    const earlier: StoredPublication[] = [];
    const faults: unknown[] = [];
    const relay: Relay = (messages, before) => {
      relayed.push(...messages);
      earlier.push(...before);
      return worker.relay();
    };
    const store = await openStore({
      ...location,
      relay,
      clock,
      events: faultsTo((_where, error) => faults.push(error)),
    });
    const things = await store.collection(declareThings(collection));
    const worker: Worker = {
      ...{ store, things, clock, relayed, earlier, faults },
      relay: async () => ({}),
      async pass(ms) {
        for (let left = ms; left > 0; left -= 250) {
          clock.advance(Math.min(left, 250));
          await idle(clock, TIMERS);
        }
      },
      close: () => store.close(),
    };
    workers.push(worker);
    return worker;
  }

  /** Messages that a worker has stored when it dies, and could not relay. */
  async function leave(ids: readonly number[], relay: Worker["relay"] = never): Promise<StoredPublication[]> {
    const dying = await open();
    for (const id of ids) await dying.things.insert(aThing(id));
    dying.relay = relay;
    for (const id of ids) void dying.things.modify(id, countUp).catch(() => {});
    while (dying.relayed.length < ids.length) await new Promise(setImmediate);
    await dying.close();
    return dying.relayed;
  }

  const pending = async ({ things }: Worker, id = 1) => originOf((await things.get(id))!).pending;

  describe("messages that a worker has left", () => {
    for (const [how, relay] of Object.entries({ "in the middle of relaying": never, "unable to relay": fails })) {
      it(`${how} are relayed by another within five seconds, as they were, and once`, async () => {
        const left = await leave([1], relay);
        const other = await open({ at: start + 60_000 });
        await other.pass(5_000);
        expect(other.relayed).to.deep.equal(JSON.parse(JSON.stringify(left)));
        expect(await other.things.get(1)).to.deep.equal(aThing(1, { count: 1 }));
        expect(await pending(other)).to.deep.equal([]);
        await other.pass(10_000);
        expect(other.relayed).to.have.length(1);
        const later = await open({ at: start + 120_000 });
        await later.pass(5_000);
        expect(later.relayed).to.deep.equal([]);
      });
    }

    it("are relayed by itself, where it is alive after all", async () => {
      const worker = await open();
      await worker.things.insert(aThing(1));
      worker.relay = fails;
      expect(await worker.things.modify(1, countUp)).to.equal(1);
      expect(worker.faults).to.have.length(1);
      worker.relay = async () => ({});
      await worker.pass(5_000);
      expect(worker.relayed).to.have.length(2);
      expect(worker.relayed[0]).to.deep.include({ ...worker.relayed[1]!, message: worker.relayed[0]!.message });
      expect(await pending(worker)).to.deep.equal([]);
    });

    it("are relayed until they are out for good", async () => {
      const [left] = await leave([1]);
      const other = await open({ at: start + 60_000 });
      other.relay = async () => ({ forGood: Promise.reject(new Error("Redis was lost")) });
      await other.pass(5_000);
      expect(other.relayed.length).to.be.within(3, 7);
      expect(new Set(other.relayed.map(({ id }) => id))).to.deep.equal(new Set([left!.id]));
      expect(await pending(other)).to.have.length(1);
      other.relay = async () => ({ forGood: Promise.resolve() });
      await other.pass(5_000);
      expect(await pending(other)).to.deep.equal([]);
    });

    it("wait where they may yet be relayed by their worker", async () => {
      await leave([1]);
      const other = await open();
      await other.pass(1_750);
      expect(other.relayed).to.deep.equal([]);
      await other.pass(3_250);
      expect(other.relayed).to.have.length(1);
    });

    it("are told before those of a later change, and relayed all the same", async () => {
      const left = await leave([1]);
      const other = await open();
      await other.things.modify(1, countUp);
      await other.things.modify(1, countUp);
      expect(other.earlier).to.deep.equal(JSON.parse(JSON.stringify(left)));
      expect(other.relayed.map(({ message }) => message.payload.count)).to.deep.equal([2, 3]);
      const versions = [...other.earlier, ...other.relayed].map(({ version }) => version);
      expect(versions).to.deep.equal([start + 1, start + 2, start + 3]);
      await other.pass(5_000);
      expect(other.relayed.map(({ message }) => message.payload.count)).to.deep.equal([2, 3, 1]);
      expect(await pending(other)).to.deep.equal([]);
    });

    it("are found in any number of documents, once their collection is declared", async () => {
      const ids = Array.from({ length: 40 }, (_, at) => at + 1);
      const left = await leave(ids);
      const other = await open({ at: start + 60_000, collection: "others" });
      await other.pass(5_000);
      expect(other.relayed).to.deep.equal([]);
      await other.store.collection(declareThings("things"));
      await other.pass(5_000);
      const names = (messages: StoredPublication[]) => messages.map(({ id }) => id).toSorted();
      expect(names(other.relayed)).to.deep.equal(names(left));
    });

    it("go with a document that is removed", async () => {
      await leave([1]);
      const other = await open({ at: start + 60_000 });
      await other.things.remove(1);
      await other.pass(5_000);
      expect(other.relayed).to.deep.equal([]);
    });
  });

  describe("the outbox of a document", () => {
    it("is empty about a second after its messages are out, the document as it was", async () => {
      const worker = await open();
      await worker.things.insert(aThing(1), [aMessage("inserted")]);
      expect(await pending(worker)).to.have.length(1);
      await worker.pass(1_000);
      expect(await pending(worker)).to.deep.equal([]);
      expect(originOf((await worker.things.get(1))!).version).to.equal(start);
      expect(await worker.things.find("byId", { limit: 9 })).to.deep.equal([aThing(1)]);
      await worker.pass(5_000);
      expect(worker.relayed).to.have.length(1);
    });

    it("is empty after the store is closed", async () => {
      const worker = await open();
      await Promise.all([1, 2, 3].map((id) => worker.things.insert(aThing(id), [aMessage("inserted")])));
      await worker.close();
      const next = await open();
      for (const id of [1, 2, 3]) expect(await pending(next, id)).to.deep.equal([]);
    });

    it("is told with the document, however it is read", async () => {
      const worker = await open();
      const messages: Message[] = [aMessage("inserted"), { ...aMessage("seen"), delivery: "latest", key: "1" }];
      await worker.things.insert(aThing(1), messages);
      const [found] = await worker.things.find("byId", { limit: 1 });
      for (const document of [found!, (await worker.things.get(1))!]) {
        const { version, pending } = originOf(document);
        expect(version).to.equal(start + 1);
        expect(pending).to.deep.equal(JSON.parse(JSON.stringify(worker.relayed)));
      }
    });

    it("has no message of class volatile", async () => {
      const worker = await open();
      await worker.things.insert(aThing(1), [{ ...aMessage("typing"), delivery: "volatile" }]);
      expect(worker.relayed).to.have.length(1);
      expect(await pending(worker)).to.deep.equal([]);
    });
  });

  it("gives changes growing versions, also by workers whose clocks differ", async () => {
    const worker = await open();
    await worker.things.insert(aThing(1));
    await worker.things.modify(1, (thing) => ({ next: { ...thing, count: 1 }, result: 0 }));
    expect(originOf((await worker.things.get(1))!).version).to.equal(start + 1);
    const behind = await open({ at: start - 60_000 });
    await behind.things.modify(1, countUp);
    expect(behind.relayed[0]?.version).to.equal(start + 2);
    const ahead = await open({ at: start + 60_000 });
    await ahead.things.modify(1, countUp);
    expect(ahead.relayed[0]?.version).to.equal(start + 60_000);
  });

  describe("a command that comes again", () => {
    it("changes nothing more and gets the first result, from another worker too", async () => {
      const worker = await open();
      await worker.things.insert(aThing(1));
      expect(await worker.things.modify(1, countUp, command("a"))).to.equal(1);
      expect(await worker.things.modify(1, countUp)).to.equal(2);
      expect(await worker.things.modify(1, countUp, command("a"))).to.equal(1);
      const next = await open();
      expect(await next.things.modify(1, countUp, command("a"))).to.equal(1);
      expect(await next.things.get(1)).to.deep.equal(aThing(1, { count: 2 }));
      expect([...worker.relayed, ...next.relayed]).to.have.length(2);
    });

    it("inserts the document whose id it gives once, and then finds it as it is", async () => {
      const worker = await open();
      const inserted = await worker.things.ensure(aThing(1), [aMessage("inserted")]);
      expect(inserted).to.deep.equal({ document: aThing(1), inserted: true });
      await worker.things.modify(1, countUp);
      const found = { document: aThing(1, { count: 1 }), inserted: false };
      expect(await worker.things.ensure(aThing(1), [aMessage("inserted")])).to.deep.equal(found);
      const next = await open();
      expect(await next.things.ensure(aThing(1), [aMessage("inserted")])).to.deep.equal(found);
      expect(await refusalOf(next.things.insert(aThing(1)))).to.equal("conflict");
      expect([...worker.relayed, ...next.relayed]).to.have.length(2);
    });

    it("is a new one once it was forgotten", async () => {
      const worker = await open();
      await worker.things.insert(aThing(1));
      await worker.things.modify(1, countUp, command("a"));
      await worker.things.modify(1, countUp, command("b"));
      worker.store.forget(["a:0", "b:0", "never:0"]);
      await worker.pass(1_000);
      expect(await worker.things.modify(1, countUp, command("a"))).to.equal(3);
      expect(await worker.things.modify(1, countUp, command("b"))).to.equal(4);
    });

    it("is a new one after ten minutes", async () => {
      const { things } = await open();
      await things.insert(aThing(1));
      expect(await things.modify(1, countUp, command("a"))).to.equal(1);
      const next = await open({ at: start + 600_000 });
      expect(await next.things.modify(1, countUp, command("b"))).to.equal(2);
      expect(await next.things.modify(1, countUp, command("a"))).to.equal(3);
    });
  });
}
