import { expect } from "chai";
import { z } from "zod";
import type { Command } from "../../../src/hub/commands.ts";
import { HubError } from "../../../src/hub/errors.ts";
import type { Message, StoredPublication } from "../../../src/hub/message.ts";
import { type GroupCommit, groupCommit } from "../../../src/store/writes/group-commit.ts";
import { Markers } from "../../../src/store/writes/markers.ts";
import { Outboxes } from "../../../src/store/writes/outboxes.ts";
import type { Records, Step, Stored } from "../../../src/store/writes/record.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { faultsTo } from "../../support/faults.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const counter = z.object({ id: z.number(), count: z.number() });
type Counter = z.infer<typeof counter>;

function message(type: string, delivery: Message["delivery"] = "log"): Message {
  return { namespace: "/n", rooms: ["r"], type, payload: {}, delivery, key: undefined };
}

const countUp = (document: Counter) => {
  const count = document.count + 1;
  return { next: { ...document, count }, messages: [message(`${count}`)], result: count };
};

const fresh = (count = 0): Stored<Counter> => ({ document: { id: 1, count }, version: 0, outbox: [], commands: [] });

/** A command whose writes are named `name:0`, `name:1` and so on, as when it comes for the first time. */
function command(name: string): Command {
  let steps = 0;
  return { number: (next) => next(), uuid: () => name, step: () => `${name}:${steps++}` };
}

/** The one record of a database whose every write can be made to go wrong. */
class OneRecord implements Pick<Records<Counter>, "update"> {
  stored: Stored<Counter> | undefined = fresh();
  writes = 0;
  /** Called once before the next write is made; what it throws is what the write fails with. */
  before: ((next: Stored<Counter>) => "again" | undefined) | undefined;

  async update(_id: number | string, step: Step<Counter>): Promise<void> {
    const next = step(structuredClone(this.stored));
    await Promise.resolve();
    if (next === "keep") return;
    const { before } = this;
    this.before = undefined;
    if (next !== "remove" && before?.(next) === "again") return this.update(_id, step);
    this.writes++;
    this.stored = next === "remove" ? undefined : next;
  }

  get outbox(): string[] {
    return (this.stored?.outbox ?? []).map((entry) => (JSON.parse(entry.message) as Message).type);
  }

  get commands(): string[] {
    return (this.stored?.commands ?? []).map(({ id }) => id);
  }
}

describe("group commit", () => {
  let records: OneRecord;
  let clock: ManualClock;
  let relayed: StoredPublication[];
  /** What was relayed as having been there before, by call. */
  let earlier: string[][];
  let relay: Relay;
  let faults: unknown[];
  let outboxes: Outboxes;
  let markers: Markers;
  let writes: GroupCommit<Counter>;

  const types = () => relayed.map(({ message }) => message.type);

  const relays: Relay = async (messages, before) => {
    relayed.push(...messages);
    earlier.push(before.map(({ message }) => message.type));
    return {};
  };

  beforeEach(() => {
    records = new OneRecord();
    clock = new ManualClock();
    relayed = [];
    earlier = [];
    relay = relays;
    faults = [];
    outboxes = new Outboxes({
      target: { relay: (...relaying) => relay(...relaying) },
      clock,
      events: faultsTo((_where, error) => faults.push(error)),
    });
    markers = new Markers();
    writes = groupCommit({ schema: counter, records, outboxes, markers, clock });
  });

  it("writes what was asked for at once in one write, and what came meanwhile in the next", async () => {
    const first = Array.from({ length: 100 }, () => writes.modify(1, countUp));
    await Promise.resolve();
    const second = Array.from({ length: 100 }, () => writes.modify(1, countUp));
    expect(await Promise.all([...first, ...second])).to.deep.equal(Array.from({ length: 200 }, (_, at) => at + 1));
    expect(records.writes).to.be.within(2, 3);
    expect(records.stored?.document.count).to.equal(200);
  });

  it("writes at most 256 changes at once", async () => {
    await Promise.all(Array.from({ length: 600 }, () => writes.modify(1, countUp)));
    expect(records.writes).to.equal(3);
  });

  it("does not write what changes nothing", async () => {
    const unchanged = (next: Counter) => ({ next, result: next.count });
    const refused = () => {
      throw new HubError("conflict");
    };
    const outcomes = await Promise.allSettled([
      writes.modify(1, unchanged, command("c")),
      writes.modify(1, refused, command("d")),
    ]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected"]);
    expect(records.writes).to.equal(0);
  });

  it("applies the whole batch again on the newest document when somebody else wrote first", async () => {
    records.before = () => {
      records.stored = fresh(40);
      return "again";
    };
    expect(await Promise.all([writes.modify(1, countUp), writes.modify(1, countUp)])).to.deep.equal([41, 42]);
    expect(records.stored?.document.count).to.equal(42);
    expect(types()).to.deep.equal(["41", "42"]);
    expect(records.outbox).to.deep.equal(["41", "42"]);
  });

  it("writes each change alone when one of them takes what is taken", async () => {
    const take = (document: Counter) => ({ next: { ...document, count: 1_000 }, messages: [message("no")], result: 0 });
    const refuse = (next: Stored<Counter>): undefined => {
      records.before = refuse;
      if (next.document.count >= 1_000) throw new HubError("conflict");
    };
    records.before = refuse;
    const outcomes = await Promise.allSettled([
      writes.modify(1, countUp),
      writes.modify(1, take),
      writes.modify(1, countUp),
    ]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
    expect(records.stored?.document.count).to.equal(2);
    expect(types()).to.deep.equal(["1", "2"]);
  });

  it("rejects a batch that could not be written, and goes on with the next", async () => {
    records.before = () => {
      throw new HubError("unavailable");
    };
    const lost = await Promise.allSettled([writes.modify(1, countUp), writes.modify(1, countUp)]);
    expect(lost.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    expect(await writes.modify(1, countUp)).to.equal(1);
    expect(types()).to.deep.equal(["1"]);
  });

  it("removes a record only after the messages that came before", async () => {
    let outbox: string[] = [];
    relay = async () => {
      outbox = records.outbox;
      return {};
    };
    expect(await Promise.all([writes.modify(1, countUp), writes.remove(1)])).to.deep.equal([1, true]);
    expect(outbox).to.deep.equal(["1"]);
    expect(records.stored).to.equal(undefined);
  });

  describe("versions", () => {
    const versions = () => relayed.map(({ version }) => version);

    it("are the time of a change, and greater for each message of it", async () => {
      const now = clock.now();
      const twice = (next: Counter) => ({ next, messages: [message("a"), message("b")], result: 0 });
      await Promise.all([writes.modify(1, twice), writes.modify(1, countUp)]);
      expect(versions()).to.deep.equal([now, now + 1, now + 2]);
      expect(records.stored?.version).to.equal(now + 2);
      expect(records.stored?.outbox.map(({ version, at }) => ({ version, at }))).to.deep.equal([
        ...[now, now + 1, now + 2].map((version) => ({ version, at: now })),
      ]);
    });

    it("grow with every change, though the clock stand still or go back", async () => {
      await writes.modify(1, countUp);
      const first = records.stored?.version ?? 0;
      await writes.modify(1, (document) => ({ next: { ...document }, result: 0 }));
      expect(records.stored?.version).to.equal(first + 1);
      clock.advance(-60_000);
      await writes.modify(1, countUp);
      expect(versions()).to.deep.equal([first, first + 2]);
      clock.advance(120_000);
      await writes.modify(1, countUp);
      expect(versions().at(-1)).to.equal(clock.now());
    });
  });

  describe("the outbox", () => {
    it("has the messages of a write until the next one, where they are out for good", async () => {
      await Promise.all([writes.modify(1, countUp), writes.modify(1, countUp)]);
      expect(records.outbox).to.deep.equal(["1", "2"]);
      await writes.modify(1, countUp);
      expect(records.outbox).to.deep.equal(["3"]);
      expect(types()).to.deep.equal(["1", "2", "3"]);
    });

    it("gives each message an id of its own, or the one that it has", async () => {
      const named = (next: Counter) => ({ next, messages: [{ ...message("named"), id: "x" }], result: 0 });
      await Promise.all([writes.modify(1, countUp), writes.modify(1, countUp), writes.modify(1, named)]);
      const ids = records.stored?.outbox.map(({ id }) => id) ?? [];
      expect(relayed.map(({ id }) => id)).to.deep.equal(ids);
      expect(ids[2]).to.equal("x");
      expect(new Set(ids).size).to.equal(3);
      expect(ids[0]).to.match(/^[0-9a-f-]{36}$/);
    });

    it("has no message of class volatile, which is relayed in its place", async () => {
      const noisy = (document: Counter) => ({
        ...countUp(document),
        messages: [message("a"), message("b", "volatile"), message("c", "latest")],
      });
      await writes.modify(1, noisy);
      expect(types()).to.deep.equal(["a", "b", "c"]);
      expect(records.outbox).to.deep.equal(["a", "c"]);
      await writes.modify(1, (next) => ({ next, messages: [message("alone", "volatile")], result: 0 }));
      expect(types().at(-1)).to.equal("alone");
      expect(records.writes).to.equal(1);
    });

    it("keeps what is not out for good, until it is", async () => {
      let isOut = (): void => {};
      const forGood = new Promise<void>((resolve) => {
        isOut = resolve;
      });
      relay = async () => ({ forGood });
      await writes.modify(1, countUp);
      await writes.modify(1, countUp);
      expect(records.outbox).to.deep.equal(["1", "2"]);
      isOut();
      await forGood;
      relay = async () => ({ forGood: Promise.reject(new Error("Redis was lost")) });
      await writes.modify(1, countUp);
      expect(records.outbox).to.deep.equal(["3"]);
      relay = relays;
      await writes.modify(1, countUp);
      expect(records.outbox).to.deep.equal(["3", "4"]);
      // It was relayed once: its place among the others is known.
      expect(earlier).to.deep.equal([[]]);
      expect(faults).to.deep.equal([]);
    });

    it("is tidied without a change of the document, and not written in vain", async () => {
      await writes.modify(1, countUp);
      const { version } = records.stored ?? {};
      expect(outboxes.untidySince(clock.now() - 1)).to.deep.equal([]);
      expect(outboxes.untidySince(clock.now())).to.deep.equal([1]);
      await writes.tidy(1);
      expect(records.stored).to.deep.equal({ ...fresh(1), version });
      expect(outboxes.untidySince(clock.now())).to.deep.equal([]);
      await writes.tidy(1);
      await writes.tidy(2);
      expect(records.writes).to.equal(2);
    });

    it("is not tidied while the document is written anyway", async () => {
      await writes.modify(1, countUp);
      const change = writes.modify(1, countUp);
      await writes.tidy(1);
      await change;
      expect(records.writes).to.equal(2);
    });

    it("is tidied later where that failed", async () => {
      await writes.modify(1, countUp);
      records.before = () => {
        throw new HubError("unavailable");
      };
      const [tidied] = await Promise.allSettled([writes.tidy(1)]);
      expect(tidied?.status).to.equal("rejected");
      expect(outboxes.untidySince(clock.now())).to.deep.equal([1]);
      await writes.tidy(1);
      expect(records.outbox).to.deep.equal([]);
    });
  });

  describe("relaying", () => {
    it("is over before the callers are answered and before the next change of the document is written", async () => {
      const seen: string[] = [];
      let go = (): void => {};
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      relay = async (messages) => {
        seen.push(`relaying ${messages[0]?.message.type}`);
        await gate;
        seen.push(`relayed ${messages[0]?.message.type}`);
        return {};
      };
      const first = writes.modify(1, countUp).then(() => seen.push("answered 1"));
      await Promise.resolve();
      const second = writes.modify(1, countUp).then(() => seen.push("answered 2"));
      await new Promise(setImmediate);
      expect(seen).to.deep.equal(["relaying 1"]);
      expect(records.stored?.document.count).to.equal(1);
      go();
      await Promise.all([first, second]);
      expect(seen).to.deep.equal(["relaying 1", "relayed 1", "answered 1", "relaying 2", "relayed 2", "answered 2"]);
    });

    it("that fails leaves the messages in the outbox, and the change is acknowledged", async () => {
      relay = () => Promise.reject(new HubError("unavailable"));
      expect(await writes.modify(1, countUp)).to.equal(1);
      expect(faults).to.deep.equal([]);
      const broken = new Error("no way out");
      relay = () => Promise.reject(broken);
      expect(await writes.modify(1, countUp)).to.equal(2);
      expect(faults).to.deep.equal([broken]);
      relay = relays;
      await writes.modify(1, countUp);
      expect(records.outbox).to.deep.equal(["1", "2", "3"]);
      // Their places come before those of the later ones; whoever sweeps sends them.
      expect(types()).to.deep.equal(["3"]);
      expect(earlier).to.deep.equal([["1", "2"]]);
    });

    it("tells what other workers have stored before, once", async () => {
      const theirs = { id: "x", version: 7, at: clock.now(), message: JSON.stringify(message("theirs")) };
      records.stored = { ...fresh(), outbox: [theirs] };
      await writes.modify(1, countUp);
      await writes.modify(1, countUp);
      expect(earlier).to.deep.equal([["theirs"], []]);
      expect(types()).to.deep.equal(["1", "2"]);
      expect(records.outbox).to.deep.equal(["theirs", "2"]);
    });

    it("tells what a write of unknown outcome had stored after all", async () => {
      records.before = (next) => {
        records.stored = next;
        throw new HubError("unavailable");
      };
      const [lost] = await Promise.allSettled([writes.modify(1, countUp)]);
      expect(lost?.status).to.equal("rejected");
      await writes.modify(1, countUp);
      expect(types()).to.deep.equal(["2"]);
      expect(earlier).to.deep.equal([["1"]]);
      expect(records.outbox).to.deep.equal(["1", "2"]);
    });

    it("of what is left takes neither what is under way nor what is out", async () => {
      const left = () => outboxes.relayLeft({ id: 1, outbox: records.stored?.outbox ?? [] });
      let isOut = (): void => {};
      relay = async (messages) => {
        relayed.push(...messages);
        return {
          forGood: new Promise<void>((resolve) => {
            isOut = resolve;
          }),
        };
      };
      await writes.modify(1, countUp);
      await left();
      isOut();
      await new Promise(setImmediate);
      await left();
      expect(types()).to.deep.equal(["1"]);
      relay = () => Promise.reject(new HubError("unavailable"));
      await writes.modify(1, countUp);
      await left();
      relay = relays;
      await left();
      await left();
      expect(types()).to.deep.equal(["1", "2"]);
      await writes.tidy(1);
      expect(records.outbox).to.deep.equal([]);
    });
  });

  describe("a command's write", () => {
    const markNext = (name: string) => writes.modify(1, countUp, command(name));

    it("is done once, and gives the first result when it comes again", async () => {
      expect(await markNext("c")).to.equal(1);
      expect(await markNext("d")).to.equal(2);
      expect(await markNext("c")).to.equal(1);
      expect(records.stored?.document.count).to.equal(2);
      expect(types()).to.deep.equal(["1", "2"]);
    });

    it("is done once where it comes twice at once", async () => {
      expect(await Promise.all([markNext("c"), markNext("c"), markNext("d")])).to.deep.equal([1, 1, 2]);
      expect(records.commands).to.deep.equal(["c:0", "d:0"]);
    });

    it("is told from the other writes of its command", async () => {
      const both = command("c");
      const steps = [await writes.modify(1, countUp, both), await writes.modify(1, countUp, both)];
      expect(steps).to.deep.equal([1, 2]);
      const again = command("c");
      expect(await writes.modify(1, countUp, again)).to.equal(1);
      expect(await writes.modify(1, countUp, again)).to.equal(2);
    });

    it("gives results as JSON has them, and nothing for nothing", async () => {
      const give = (result: unknown) => (document: Counter) => ({ next: { ...document }, result });
      for (const name of ["c", "d"]) {
        for (let times = 0; times < 2; times++) {
          const result = await writes.modify(1, give(name === "c" ? { a: [1, null] } : undefined), command(name));
          expect(result).to.deep.equal(name === "c" ? { a: [1, null] } : undefined);
        }
      }
    });

    it("that was refused is tried again", async () => {
      const refuse = (): never => {
        throw new HubError("conflict");
      };
      const [refused] = await Promise.allSettled([writes.modify(1, refuse, command("c"))]);
      expect(refused?.status).to.equal("rejected");
      expect(await markNext("c")).to.equal(1);
    });

    it("inserts once what it ensures; an insert of the same conflicts", async () => {
      records.stored = undefined;
      const ensured = await Promise.all([5, 6].map((count) => writes.ensure({ id: 1, count }, [message("inserted")])));
      expect(ensured.map(({ inserted, document }) => [inserted, document.count])).to.deep.equal([
        [true, 5],
        [false, 5],
      ]);
      expect((await writes.ensure({ id: 1, count: 6 }, [message("inserted")])).inserted).to.equal(false);
      const [insert] = await Promise.allSettled([writes.insert({ id: 1, count: 6 })]);
      expect(insert?.status).to.equal("rejected");
      expect(records.stored).to.have.nested.property("document.count", 5);
      expect(types()).to.deep.equal(["inserted"]);
    });

    it("is remembered where the answer of the database was lost", async () => {
      records.before = (next) => {
        records.stored = next;
        throw new HubError("unavailable");
      };
      const [lost] = await Promise.allSettled([markNext("c")]);
      expect(lost?.status).to.equal("rejected");
      expect(await markNext("c")).to.equal(1);
      expect(records.stored?.document.count).to.equal(1);
    });

    it("is forgotten with the next write, or a tidy one, when that is said", async () => {
      await markNext("c");
      await markNext("d");
      markers.forget(["c:0", "never:0"]);
      await markNext("e");
      expect(records.commands).to.deep.equal(["d:0", "e:0"]);
      markers.forget(["d:0", "e:0"]);
      expect(outboxes.untidySince(clock.now())).to.deep.equal([1]);
      await writes.tidy(1);
      expect(records.commands).to.deep.equal([]);
    });

    it("is forgotten after ten minutes, whoever wrote it", async () => {
      const theirs = { id: "x:0", at: clock.now(), result: "1" };
      records.stored = { ...fresh(), commands: [theirs] };
      await markNext("c");
      clock.advance(600_000 - 1);
      await markNext("d");
      expect(records.commands).to.deep.equal(["x:0", "c:0", "d:0"]);
      clock.advance(1);
      await markNext("e");
      expect(records.commands).to.deep.equal(["d:0", "e:0"]);
    });
  });
});
