import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { indexesOf } from "../../../src/store/declaration.ts";
import { EmbeddedDatabase } from "../../../src/store/embedded/database.ts";
import { entriesOf, indexPrefix } from "../../../src/store/embedded/keys.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/store.ts";
import type { Stored } from "../../../src/store/writes/record.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { idle, ManualClock } from "../../support/manual-clock.ts";
import { aThing, declareThings, type Thing } from "../contract/bench.ts";

const PROGRAM = fileURLToPath(new URL("./crash-writer.ts", import.meta.url));
const DOCUMENTS = 4;
const ROUNDS = 10;
/** A writer is killed after at most so many acknowledged writes. */
const MAX_WRITES = 80;

/** What writers have said, over all rounds. */
class Heard {
  /** By document: the counts that writers had acknowledged; each change counts one up, so no two are the same. */
  readonly acknowledged = new Map<number, Set<number>>();
  /** By change: the id of the message that tells of it. */
  readonly relayed = new Map<string, string>();
  readonly faults: string[] = [];

  hear(line: string): void {
    const [what, id, count, message = ""] = line.split(" ");
    const change = `${id} ${count}`;
    if (what === "r") {
      const known = this.relayed.get(change) ?? message;
      if (known !== message) this.faults.push(`${change} was relayed as two messages`);
      this.relayed.set(change, message);
      return;
    }
    if (!this.relayed.has(change)) this.faults.push(`${change} was acknowledged before it was relayed`);
    const counts = this.acknowledged.get(Number(id)) ?? new Set();
    if (counts.has(Number(count))) this.faults.push(`${change} was acknowledged twice`);
    this.acknowledged.set(Number(id), counts.add(Number(count)));
  }
}

/** A process that writes, and its next lines. */
class Writer {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #ended: Promise<unknown>;

  constructor(folder: string, heard: Heard) {
    this.#child = spawn(process.execPath, ["--import", "tsx", PROGRAM, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#lines.on("line", (line) => heard.hear(line));
    this.#ended = Promise.all([once(this.#child, "exit"), once(this.#lines, "close")]);
  }

  /** Resolves when it has said so many lines more. */
  async lines(many: number): Promise<void> {
    for (let left = many; left > 0; left--) await once(this.#lines, "line");
  }

  /** Ends it as a power cut would end the process, and waits until the last it said is heard. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

describe("the embedded store, when the worst happens,", () => {
  let folder = "";

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "junction-crash-"));
    const store = await openEmbeddedStore({ folder, relay: async () => ({}), clock: new ManualClock() });
    const things = await store.collection(declareThings("things"));
    for (let id = 1; id <= DOCUMENTS; id++) await things.insert(aThing(id));
    await store.close();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("keeps every acknowledged write, relays every change and has no half of one: two processes write, and are killed, 20 times in all", async function () {
    this.timeout(120_000);
    const heard = new Heard();
    for (let round = 0; round < ROUNDS; round++) {
      const [one, two] = [new Writer(folder, heard), new Writer(folder, heard)];
      await Promise.all([one.lines(random()), two.lines(1)]);
      await one.kill();
      // Whatever the first one held when it died, the second one goes on.
      await two.lines(random());
      await two.kill();
      await check(heard);
    }
    expect(heard.relayed.size).to.be.greaterThan(ROUNDS);
    await sweep(heard);
    expect([...heard.relayed.keys()].toSorted()).to.deep.equal((await changes()).toSorted());
    expect(new Set(heard.relayed.values()).size).to.equal(heard.relayed.size);
  });

  it("is unavailable while the disk is full, and keeps what it has acknowledged", async function () {
    this.timeout(30_000);
    const program = fileURLToPath(new URL("./full-disk-writer.ts", import.meta.url));
    // At 2,000 blocks of half a KiB or one, by shell, the data file can grow no more.
    const command = 'ulimit -f 2000; exec "$0" --import tsx "$1" "$2"';
    const child = spawn("sh", ["-c", command, process.execPath, program, folder], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [said] = await Promise.all([text(child.stdout), once(child, "exit")]);
    const { written, relayed, counted } = JSON.parse(said);
    expect(written).to.be.greaterThan(100);
    expect({ relayed, counted }).to.deep.equal({ relayed: written, counted: written });

    const store = await openEmbeddedStore({ folder, relay: async () => ({}), clock: new ManualClock() });
    const things = await store.collection(declareThings("full"));
    expect(await things.count("byId", {})).to.equal(written);
    await things.insert(aThing("there is room again"));
    await store.close();
  });

  /** Relays what the dead have left. */
  async function sweep(heard: Heard): Promise<void> {
    const clock = new ManualClock(Date.now());
    const relay: Relay = async (messages) => {
      for (const { id, message } of messages) heard.hear(`r ${message.payload.id} ${message.payload.count} ${id}`);
      return {};
    };
    const store = await openEmbeddedStore({ folder, relay, clock });
    await store.collection(declareThings("things"));
    for (let second = 0; second < 5; second++) {
      clock.advance(1_000);
      await idle(clock, 2);
    }
    await store.close();
    await check(heard);
  }

  /** All that have been made. */
  async function changes(): Promise<string[]> {
    const store = await openEmbeddedStore({ folder, relay: async () => ({}), clock: new ManualClock() });
    const things = await store.collection(declareThings("things"));
    const all = await things.find("byId", { limit: DOCUMENTS });
    await store.close();
    return all.flatMap(({ id, count }) => Array.from({ length: count }, (_, at) => `${id} ${at + 1}`));
  }

  async function check(heard: Heard): Promise<void> {
    expect(heard.faults).to.deep.equal([]);
    const database = await EmbeddedDatabase.open(folder);
    try {
      const stored = [...database.documents.getRange()].map(({ value }) => value as Stored<Thing>);
      expect(stored).to.have.length(DOCUMENTS);
      for (const { document, outbox } of stored) {
        const { id, count } = document;
        const newest = Math.max(0, ...(heard.acknowledged.get(Number(id)) ?? []));
        expect(count, `document ${id}`).to.be.at.least(newest);
        // The messages of the last write are those of the last count.
        const last = outbox.at(-1);
        if (last) expect(JSON.parse(last.message).payload).to.deep.equal({ id, count });
      }
      expect(database.pending.getKeysCount()).to.equal(stored.filter(({ outbox }) => outbox.length > 0).length);
      const expected = stored.flatMap(({ document }) =>
        [...indexesOf(declareThings("things")).values()].flatMap((index) =>
          entriesOf(indexPrefix("things", index.name), index, document),
        ),
      );
      const entries = [...database.entries.getKeys()];
      expect(hex(entries)).to.deep.equal(hex(expected));
    } finally {
      await database.close();
    }
  }
});

function hex(keys: Buffer[]): string[] {
  return keys.map((key) => key.toString("hex")).toSorted();
}

function random(): number {
  return 1 + Math.floor(Math.random() * MAX_WRITES);
}
