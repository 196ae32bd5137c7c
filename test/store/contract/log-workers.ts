import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Bench } from "./bench.ts";
import { entry, LogBench, named, upTo } from "./log-bench.ts";
import type { Report, Task } from "./log-worker.ts";

const PROGRAM = fileURLToPath(new URL("./log-worker.ts", import.meta.url));

/** What is promised of several processes that write to the log of a room. */
export function logWorkers(bench: Bench): void {
  describe("the room log of several workers", () => {
    const own = new LogBench(bench);

    it("has each message once and no place left out when two workers write to the same rooms at once", async function () {
      this.timeout(60_000);
      const [one, two] = [own.aRoom(), own.aRoom()];
      // Some messages both workers append, as when one relays what another has left.
      const calls = (name: string) =>
        upTo(60).map((at) => [`${name} ${at} a`, `both ${at}`, `${name} ${at} b`, `both ${61 - at}`]);
      const workers = ["x", "y"].map((name) =>
        start({ location: own.location, rooms: [one, two], calls: calls(name) }),
      );
      // They begin together, once both are ready.
      await Promise.all(workers.map((worker) => once(worker, "message")));
      const [first, second] = (await Promise.all(workers.map(written))) as [Report, Report];

      for (const [at, room] of [one, two].entries()) {
        const entries = await own.log.read(named(room), 0, 10_000);
        expect(entries.map(({ offset: seq }) => seq)).to.deep.equal(upTo(300));
        const places = Object.fromEntries(entries.map(({ id, offset: seq }) => [id, seq]));
        const reported = Object.entries({ ...first, ...second }).map(([id, seqs]) => [id, seqs[at]]);
        expect(Object.fromEntries(reported)).to.deep.equal(places);
        for (const report of [first, second]) {
          for (const [id, seqs] of Object.entries(report)) expect(seqs[at], id).to.equal(places[id]);
        }
      }
    });

    it("has all that was acknowledged, and no place left out, when a worker is killed while it writes", async function () {
      this.timeout(60_000);
      const room = own.aRoom();
      const calls = upTo(5_000).map((at) => upTo(1 + (at % 5)).map((part) => `${at} ${part}`));
      const worker = start({ location: own.location, rooms: [room], calls });
      const acknowledged: Report = {};
      let answers = -1; // The first it says is that it is ready.
      await new Promise<void>((resolve) => {
        worker.on("message", (report: Report | "ready") => {
          if (report === "ready") worker.send("go");
          else Object.assign(acknowledged, report);
          if (++answers === 40) resolve();
        });
      });
      worker.kill("SIGKILL");
      await once(worker, "close");

      const entries = await own.log.read(named(room), 0, 100_000);
      expect(entries.map(({ offset: seq }) => seq)).to.deep.equal(upTo(entries.length));
      const places = new Map(entries.map(({ id, offset: seq }) => [id, seq]));
      expect(places.size).to.equal(entries.length);
      for (const [id, seqs] of Object.entries(acknowledged)) expect([places.get(id)], id).to.deep.equal(seqs);
      // Whoever relays them again, the rest finds its places after those that are there.
      const again = calls.flat().slice(0, entries.length + 20);
      const given = await own.log.append(again.map((id) => entry(id, room)));
      for (const [at, id] of again.entries())
        if (places.has(id)) expect(given[at]?.[0]?.offset).to.equal(places.get(id));
      expect(await own.seqs(room)).to.deep.equal(upTo(again.length));
    });
  });
}

function start(task: Task): ChildProcess {
  const worker = spawn(process.execPath, ["--import", "tsx", PROGRAM], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  worker.send(task);
  return worker;
}

/** What a worker that is told to begin has written when it is done. A message that it has appended twice has one place. */
async function written(worker: ChildProcess): Promise<Report> {
  const all: Report = {};
  worker.on("message", (report: Report) => {
    for (const [id, seqs] of Object.entries(report)) {
      expect(all[id] ?? seqs).to.deep.equal(seqs);
      all[id] = seqs;
    }
  });
  worker.send("go");
  const [status] = await once(worker, "exit");
  expect(status).to.equal(0);
  return all;
}
