import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "chai";
import { z } from "zod";
import { type CommandRecords, openCommands } from "../../src/commands/command-records.ts";
import { type Command, IDEMPOTENCY_MS } from "../../src/hub/commands.ts";
import { HubError } from "../../src/hub/errors.ts";
import type { Collection, CollectionDeclaration, Document, Store } from "../../src/store/collection.ts";
import { aThing, onEveryStore } from "../store/contract/bench.ts";
import { faultsTo } from "../support/faults.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE = 60_000;
const SWEEPS = 1;

let keys = 0;
/** A command that no other spec knows. */
const anew = () => ({ scope: ["jwt", "u1", "post /things"], key: `key-${++keys}`, fingerprint: "f1" });

onEveryStore((bench) => {
  describe("the keeper of commands", () => {
    /** One store, as the keepers of several workers see it. */
    let store: ReturnType<typeof shared>;
    let clock: ManualClock;
    let keepers: CommandRecords[];
    let faults: string[];

    before(() => {
      store = shared(bench.store);
    });
    beforeEach(() => {
      clock = new ManualClock();
      keepers = [];
      faults = [];
      store.forgotten.length = 0;
    });
    afterEach(() => Promise.all(keepers.map((keeper) => keeper.stop())));

    async function aWorker(): Promise<CommandRecords> {
      const keeper = await openCommands({ store, clock, events: faultsTo((where) => faults.push(where)) });
      keepers.push(keeper);
      return keeper;
    }

    /** Lets time go by while somebody waits for it, until `promise` has settled. */
    async function waiting<R>(promise: Promise<R>): Promise<R> {
      let isSettled = false;
      const settle = (): void => {
        isSettled = true;
      };
      promise.then(settle, settle);
      while (!isSettled) {
        if (clock.pending > keepers.length * SWEEPS) clock.advance(100);
        await nextTurn();
      }
      return promise;
    }

    /** Begins the command on a worker that dies once `part` of it is done. */
    async function dieAfter(
      worker: CommandRecords,
      asked: ReturnType<typeof anew>,
      part: (command: Command) => unknown,
    ) {
      await new Promise<void>((died) => {
        void worker.run(asked, async (command) => {
          await part(command);
          died();
          await new Promise(() => {});
        });
      });
    }

    describe("gives a repeated command its first answer", () => {
      it("on the same worker and on any other, and runs it once", async () => {
        const [first, second] = [await aWorker(), await aWorker()];
        const asked = anew();
        let runs = 0;
        const action = async () => ({ run: ++runs, list: [1, "two", null], absent: undefined });
        expect(await first.run(asked, action)).to.eql({
          answer: { run: 1, list: [1, "two", null], absent: undefined },
          repeated: false,
        });
        for (const worker of [first, second, first]) {
          const { answer, repeated } = await worker.run(asked, action);
          expect([answer, repeated]).to.eql([{ run: 1, list: [1, "two", null] }, true]);
        }
        expect(runs).to.equal(1);
      });

      it("for ten minutes; then it is a new one, with other names for its writes", async () => {
        const worker = await aWorker();
        const asked = anew();
        const action = async (command: Command) => command.step();
        const { answer: first } = await worker.run(asked, action);
        clock.advance(IDEMPOTENCY_MS - 1);
        expect(await worker.run(asked, action)).to.eql({ answer: first, repeated: true });
        clock.advance(1);
        const again = await worker.run(asked, action);
        expect(again.repeated).to.equal(false);
        expect(again.answer).to.not.equal(first);
      });

      it("and not somebody else's, nor that to something else", async () => {
        const worker = await aWorker();
        const asked = anew();
        const say = (text: string) => async () => text;
        await worker.run(asked, say("first"));
        const others = [
          { ...asked, key: `${asked.key}.` },
          { ...asked, scope: ["jwt", "u2", "post /things"] },
          { ...asked, scope: ["apiKey", "u1", "post /things"] },
          { ...asked, scope: ["jwt", "u1", "post /things", asked.key], key: "" },
        ];
        for (const other of others) expect((await worker.run(other, say("other"))).answer).to.equal("other");
      });

      it("unless it is another command: the key was used already, whether that is answered or not", async () => {
        const [first, second] = [await aWorker(), await aWorker()];
        const [answered, open] = [anew(), anew()];
        await first.run(answered, async () => "answer");
        await dieAfter(first, open, () => {});
        for (const asked of [answered, open]) {
          const other = { ...asked, fingerprint: "f2" };
          expect(await codeOf(second.run(other, async () => "never"))).to.equal("command_differs");
        }
        expect(await codeOf(first.run({ ...answered, fingerprint: "f2" }, async () => "never"))).to.equal(
          "command_differs",
        );
      });

      it("without having kept the key", async () => {
        const worker = await aWorker();
        const asked = { ...anew(), key: "a key that nobody else may know" };
        await worker.run(asked, async () => "answer");
        const kept = JSON.stringify(await store.commands().find("byExpiry", { limit: 1_000 }));
        expect(kept).to.contain("answer");
        expect(kept).to.not.contain("nobody else may know");
      });
    });

    describe("lets one that comes while the first is run wait", () => {
      for (const where of ["the same worker", "another worker"]) {
        it(`on ${where}`, async () => {
          const first = await aWorker();
          const second = where === "another worker" ? await aWorker() : first;
          const asked = anew();
          let finish = (_answer: string): void => {};
          const began = new Promise<void>((begin) => {
            void first.run(asked, async () => {
              begin();
              return new Promise<string>((resolve) => (finish = resolve));
            });
          });
          await began;
          const repeated = second.run(asked, async () => "never");
          if (second !== first) {
            // It has looked once, and then again.
            for (let looks = 0; looks < 2; looks++) {
              while (clock.pending === keepers.length * SWEEPS) await nextTurn();
              clock.advance(100);
            }
          }
          finish("the first answer");
          expect(await waiting(repeated)).to.eql({ answer: "the first answer", repeated: true });
        });
      }

      it("each of many, on two workers at once", async () => {
        const workers = [await aWorker(), await aWorker()];
        const asked = anew();
        let runs = 0;
        const action = async () => {
          await nextTurn();
          return ++runs;
        };
        const all = Array.from({ length: 20 }, (_none, i) => workers[i % 2]!.run(asked, action));
        const answers = await waiting(Promise.all(all));
        expect(runs).to.equal(1);
        expect(answers.filter(({ repeated }) => !repeated)).to.have.lengthOf(1);
        expect(new Set(answers.map(({ answer }) => answer))).to.eql(new Set([1]));
      });
    });

    describe("when a worker dies in the middle", () => {
      it("lets another run the command after five seconds, with the same numbers, UUIDs and names of writes", async () => {
        const [dead, alive] = [await aWorker(), await aWorker()];
        const asked = anew();
        let drawn = 100;
        const next = async () => ++drawn;
        const draw = async (command: Command) => ({
          numbers: [await command.number(next), await command.number(next)],
          uuids: [command.uuid(), command.uuid()],
          steps: [command.step(), command.step()],
        });
        let before: unknown;
        await dieAfter(dead, asked, async (command) => {
          before = await draw(command);
        });

        const start = clock.now();
        const action = async (command: Command) => ({ ...(await draw(command)), more: await command.number(next) });
        const { answer, repeated } = await waiting(alive.run(asked, action));
        expect(clock.now() - start).to.be.within(5_000, 5_200);
        expect(repeated).to.equal(false);
        expect(answer).to.eql({ ...(before as object), more: 103 });
        expect(answer.numbers).to.eql([101, 102]);
        expect(new Set([...answer.uuids, ...answer.steps]).size).to.equal(4);
        for (const uuid of answer.uuids) expect(z.uuidv4().safeParse(uuid).success, uuid).to.equal(true);
        expect((await alive.run(asked, action)).repeated).to.equal(true);
      });

      it("makes a change that was made already not again, and gives what it gave", async () => {
        const [dead, alive] = [await aWorker(), await aWorker()];
        const { things } = await bench.things();
        await things.insert(aThing("counter"));
        const asked = anew();
        const count = (command: Command) =>
          things.modify(
            "counter",
            (thing) => ({ next: { ...thing, count: thing.count + 1 }, result: { count: thing.count + 1 } }),
            command,
          );
        const create = (command: Command) => things.ensure(aThing(command.uuid(), { tags: ["new"] }));
        await dieAfter(dead, asked, async (command) => {
          await create(command);
          await count(command);
        });
        await things.modify("counter", (thing) => ({ next: { ...thing, count: 70 }, result: undefined }));
        const action = async (command: Command) => {
          await create(command);
          return { first: await count(command), second: await count(command) };
        };
        const { answer } = await waiting(alive.run(asked, action));
        expect(answer).to.eql({ first: { count: 1 }, second: { count: 71 } });
        expect((await things.get("counter"))?.count).to.equal(71);
        expect(await things.count("byTag", { equals: ["new"] })).to.equal(1);
      });

      it("is one of several that find out, and the others wait for it", async () => {
        const dead = await aWorker();
        const alive = [await aWorker(), await aWorker(), await aWorker()];
        const asked = anew();
        await dieAfter(dead, asked, () => {});
        let runs = 0;
        const all = alive.map((worker) => worker.run(asked, async () => ++runs));
        expect((await waiting(Promise.all(all))).map(({ answer }) => answer)).to.eql([1, 1, 1]);
      });
    });

    it("takes the numbers that are written down first when a slow worker and its successor both draw them", async () => {
      const [slow, quick] = [await aWorker(), await aWorker()];
      const asked = anew();
      let draw = (_number: number): void => {};
      const slowly = new Promise<{ answer: number }>((resolve) => {
        const action = (command: Command) => command.number(() => new Promise((drawn) => (draw = drawn)));
        void slow.run(asked, action).then(resolve);
      });
      const { answer } = await waiting(quick.run(asked, (command) => command.number(async () => 2)));
      draw(1);
      expect([answer, (await slowly).answer]).to.eql([2, 2]);
    });

    describe("remembers nothing that is not final", () => {
      for (const how of ["a rejection", "an answer that is not final"]) {
        it(`${how}: the next one is run at once, anywhere, with the same numbers`, async () => {
          const [first, second] = [await aWorker(), await aWorker()];
          const asked = anew();
          let drawn = 0;
          const draw = (command: Command) => command.number(async () => ++drawn);
          const passing = first.run(
            asked,
            async (command) => {
              const number = await draw(command);
              if (how === "a rejection") throw new HubError("unavailable");
              return number;
            },
            () => false,
          );
          if (how === "a rejection") expect(await codeOf(passing)).to.equal("unavailable");
          else expect(await passing).to.eql({ answer: 1, repeated: false });
          expect(await second.run(asked, draw)).to.eql({ answer: 1, repeated: false });
          expect(await first.run(asked, draw)).to.eql({ answer: 1, repeated: true });
        });
      }

      it("and one that waited is run in its turn", async () => {
        const worker = await aWorker();
        const asked = anew();
        const failing = worker.run(asked, () => Promise.reject(new HubError("rate_limited")));
        const next = worker.run(asked, async () => "answer");
        expect(await codeOf(failing)).to.equal("rate_limited");
        expect(await next).to.eql({ answer: "answer", repeated: false });
      });
    });

    describe("while the database cannot be written", () => {
      afterEach(() => {
        store.failing = false;
      });

      it("runs nothing", async () => {
        const worker = await aWorker();
        store.failing = true;
        let runs = 0;
        expect(await codeOf(worker.run(anew(), async () => ++runs))).to.equal("unavailable");
        expect(runs).to.equal(0);
      });

      it("gives the answer of what is done already, and makes it anew when the command comes again", async () => {
        const worker = await aWorker();
        const asked = anew();
        const first = worker.run(asked, async () => {
          store.failing = true;
          return "answer";
        });
        expect(await first).to.eql({ answer: "answer", repeated: false });
        expect(faults).to.eql(["storing the outcome of a command"]);
        store.failing = false;
        const action = async () => "answer";
        expect(await worker.run(asked, action)).to.eql({ answer: "answer", repeated: false });
        expect(await worker.run(asked, action)).to.eql({ answer: "answer", repeated: true });
      });
    });

    describe("lets the store forget the marks of a command's writes", () => {
      it("when it is answered", async () => {
        const worker = await aWorker();
        const { answer } = await worker.run(anew(), async (command) => [command.step(), command.step()]);
        expect(store.forgotten).to.eql(answer);
      });

      it("but not while another worker may need them", async () => {
        const [slow, quick] = [await aWorker(), await aWorker()];
        const asked = anew();
        let finish = (): void => {};
        const slowly = slow.run(asked, async (command) => {
          command.step();
          await new Promise<void>((resolve) => (finish = resolve));
          return "slow";
        });
        const answers = await waiting(quick.run(asked, async (command) => command.step()));
        expect(answers.repeated).to.equal(false);
        finish();
        await slowly;
        expect(store.forgotten).to.eql([]);
      });
    });

    it("removes what is older than ten minutes, a minute later at the earliest", async () => {
      const worker = await aWorker();
      await worker.run(anew(), async () => "old");
      clock.advance(IDEMPOTENCY_MS);
      await worker.run(anew(), async () => "new");
      const left = async () => (await store.commands().find("byExpiry", { limit: 1_000 })).map(({ answer }) => answer);
      expect(await left()).to.include.members(['"old"', '"new"']);
      while (clock.pending < SWEEPS) await nextTurn();
      clock.advance(2 * MINUTE);
      await worker.stop();
      expect(await left()).to.include('"new"');
      expect(await left()).to.not.include('"old"');
    });
  });
});

/** Opens each collection once, for all who ask; can be made to fail its writes, and keeps what it is told to forget. */
function shared(store: Store) {
  const opened = new Map<string, unknown>();
  const forgotten: string[] = [];
  const self = {
    forgotten,
    failing: false,
    commands: () => opened.get("commands") as Collection<Document & { answer: string | null }, "byExpiry">,
    async collection<T extends Document, I extends string>(declaration: CollectionDeclaration<T, I>) {
      const known = opened.get(declaration.name) as Collection<T, I> | undefined;
      if (known) return known;
      const collection = await store.collection(declaration);
      const check = (): void => {
        if (self.failing) throw new HubError("unavailable");
      };
      const failing: Collection<T, I> = {
        ...collection,
        async ensure(...args) {
          check();
          return collection.ensure(...args);
        },
        async modify<R>(...args: Parameters<typeof collection.modify<R>>) {
          check();
          return collection.modify(...args);
        },
      };
      opened.set(declaration.name, failing);
      return failing;
    },
    forget(steps: readonly string[]) {
      forgotten.push(...steps);
      store.forget(steps);
    },
  };
  return self;
}

/** What a promise was refused with. */
function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "nothing",
    (error: unknown) => (error instanceof HubError ? error.code : String(error)),
  );
}
