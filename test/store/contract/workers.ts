import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Message } from "../../../src/hub/message.ts";
import { aThing, type Bench } from "./bench.ts";

const PROGRAM = fileURLToPath(new URL("./worker.ts", import.meta.url));
const EACH = 150;

/** What another worker reports when it is done. */
interface Report {
  readonly results: number[];
  readonly numbers: number[];
  readonly relayed: Message[];
}

/** What is promised of several processes on one database. */
export function workers(bench: Bench): void {
  describe("two workers", () => {
    it("lose no change of one document, relay each message once, and share sequences", async function () {
      this.timeout(60_000);
      const { name, things } = await bench.things();
      await things.insert(aThing(1));
      const children = [start(name), start(name)];
      const reports = children.map(report);
      // They begin together, once both are ready.
      await Promise.all(children.map((child) => once(child, "message")));
      for (const child of children) child.send("go");
      const [one, two] = (await Promise.all(reports)) as [Report, Report];

      const all = Array.from({ length: 2 * EACH }, (_, at) => at + 1);
      const ascending = (numbers: number[]) => numbers.toSorted((a, b) => a - b);
      expect((await things.get(1))?.count).to.equal(2 * EACH);
      expect(ascending([...one.results, ...two.results])).to.deep.equal(all);
      expect(ascending([...one.numbers, ...two.numbers])).to.deep.equal(all);
      for (const { results, relayed } of [one, two]) {
        expect(relayed.map(({ payload }) => payload.result)).to.deep.equal(ascending(results));
      }
    });

    it("see at once what the other has written", async () => {
      const { name, things } = await bench.things();
      const child = start(name);
      await once(child, "message");
      for (let id = 1; id <= 20; id++) {
        await things.insert(aThing(id, { kind: `kind ${id}` }));
        child.send({ id });
        expect((await once(child, "message"))[0]).to.deep.equal({ got: aThing(id, { kind: `kind ${id}` }) });
      }
      child.send("end");
      await once(child, "exit");
    });
  });

  function start(name: string): ChildProcess {
    return spawn(process.execPath, ["--import", "tsx", PROGRAM], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, WORKER: JSON.stringify({ location: bench.location, name, count: EACH }) },
    });
  }
}

/** The last message of a worker before it exits. */
async function report(child: ChildProcess): Promise<unknown> {
  let last: unknown;
  child.on("message", (message) => {
    last = message;
  });
  const [status] = await once(child, "exit");
  expect(status).to.equal(0);
  return last;
}
