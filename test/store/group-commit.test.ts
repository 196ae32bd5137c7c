import { expect } from "chai";
import { z } from "zod";
import { HubError } from "../../src/hub/errors.ts";
import type { Outgoing } from "../../src/hub/publish.ts";
import { groupCommit, type Records, type Step, type Stored } from "../../src/store/group-commit.ts";

const counter = z.object({ id: z.number(), count: z.number() });
type Counter = z.infer<typeof counter>;

function message(type: string): Outgoing {
  return { namespace: "/n", rooms: ["r"], type, payload: {}, delivery: "log", key: undefined };
}

const countUp = (document: Counter) => {
  const count = document.count + 1;
  return { next: { ...document, count }, messages: [message(`${count}`)], result: count };
};

/** The one record of a database whose every write can be made to go wrong. */
class OneRecord implements Records<Counter> {
  stored: Stored<Counter> | undefined = { document: { id: 1, count: 0 }, outbox: [] };
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
    return (this.stored?.outbox ?? []).map((entry) => (JSON.parse(entry.message) as Outgoing).type);
  }
}

describe("group commit", () => {
  let records: OneRecord;
  let relayed: string[];
  let relay: (message: Outgoing) => void;
  let writes: ReturnType<typeof groupCommit<Counter>>;

  beforeEach(() => {
    records = new OneRecord();
    relayed = [];
    relay = ({ type }) => relayed.push(type);
    writes = groupCommit(counter, records, "me", (one) => relay(one));
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
    const outcomes = await Promise.allSettled([writes.modify(1, unchanged), writes.modify(1, refused)]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected"]);
    expect(records.writes).to.equal(0);
  });

  it("stores the messages of a write with it, until the next one", async () => {
    await Promise.all([writes.modify(1, countUp), writes.modify(1, countUp)]);
    expect(records.outbox).to.deep.equal(["1", "2"]);
    await writes.modify(1, countUp);
    expect(records.outbox).to.deep.equal(["3"]);
    expect(relayed).to.deep.equal(["1", "2", "3"]);
  });

  it("gives each stored message an id of its own and the worker that relays it", async () => {
    await Promise.all([writes.modify(1, countUp), writes.modify(1, countUp)]);
    const entries = records.stored?.outbox ?? [];
    expect(new Set(entries.map(({ id }) => id)).size).to.equal(2);
    for (const { id, worker } of entries) {
      expect(id).to.match(/^[0-9a-f-]{36}$/);
      expect(worker).to.equal("me");
    }
  });

  it("keeps what another worker has stored and may not have relayed", async () => {
    const theirs = { id: "x", worker: "they", message: JSON.stringify(message("theirs")) };
    records.stored = { document: { id: 1, count: 0 }, outbox: [theirs] };
    await writes.modify(1, countUp);
    await writes.modify(1, countUp);
    expect(records.outbox).to.deep.equal(["theirs", "2"]);
    expect(relayed).to.deep.equal(["1", "2"]);
  });

  it("applies the whole batch again on the newest document when somebody else wrote first", async () => {
    records.before = () => {
      records.stored = { document: { id: 1, count: 40 }, outbox: [] };
      return "again";
    };
    expect(await Promise.all([writes.modify(1, countUp), writes.modify(1, countUp)])).to.deep.equal([41, 42]);
    expect(records.stored?.document.count).to.equal(42);
    expect(relayed).to.deep.equal(["41", "42"]);
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
    expect(relayed).to.deep.equal(["1", "2"]);
  });

  it("rejects a batch that could not be written, and goes on with the next", async () => {
    records.before = () => {
      throw new HubError("unavailable");
    };
    const lost = await Promise.allSettled([writes.modify(1, countUp), writes.modify(1, countUp)]);
    expect(lost.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    expect(await writes.modify(1, countUp)).to.equal(1);
    expect(relayed).to.deep.equal(["1"]);
  });

  it("relays with the next change what a write of unknown outcome had stored after all", async () => {
    records.before = (next) => {
      records.stored = next;
      throw new HubError("unavailable");
    };
    const [lost] = await Promise.allSettled([writes.modify(1, countUp)]);
    expect(lost?.status).to.equal("rejected");
    expect(relayed).to.deep.equal([]);
    await writes.modify(1, countUp);
    expect(relayed).to.deep.equal(["1", "2"]);
    await writes.modify(1, countUp);
    expect(relayed).to.deep.equal(["1", "2", "3"]);
    expect(records.outbox).to.deep.equal(["3"]);
  });

  it("keeps what could not be relayed, and relays it with the next change", async () => {
    relay = () => {
      throw new Error("no way out");
    };
    const [change] = await Promise.allSettled([writes.modify(1, countUp)]);
    expect(change).to.have.nested.property("reason.message", "no way out");
    relay = ({ type }) => relayed.push(type);
    await writes.modify(1, countUp);
    expect(relayed).to.deep.equal(["1", "2"]);
  });

  it("removes a record only after the messages that came before", async () => {
    let outbox: string[] = [];
    relay = () => {
      outbox = records.outbox;
    };
    expect(await Promise.all([writes.modify(1, countUp), writes.remove(1)])).to.deep.equal([1, true]);
    expect(outbox).to.deep.equal(["1"]);
    expect(records.stored).to.equal(undefined);
  });
});
