import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect } from "chai";
import { startHub, type TestHub } from "./support/hub.ts";

const ROOT = path.resolve(import.meta.dirname, "..");

describe("npm run demo", () => {
  let hub: TestHub;
  let demo: ChildProcess;

  beforeEach(async () => {
    hub = await startHub();
  });
  afterEach(async () => {
    demo.kill("SIGKILL");
    await hub.stop();
  });

  function run(...args: string[]): { ended: Promise<number | null>; seen(pattern: RegExp): Promise<void> } {
    demo = spawn(process.execPath, ["--import", "tsx", "demo/main.ts", ...args], { cwd: ROOT });
    let output = "";
    for (const stream of [demo.stdout, demo.stderr]) stream?.on("data", (chunk) => (output += chunk));
    const ended = once(demo, "close").then(([code]) => code as number | null);
    const seen = async (pattern: RegExp): Promise<void> => {
      const over = ended.then(() => expect(output).to.match(pattern));
      while (!pattern.test(output) && demo.exitCode === null)
        await Promise.race([once(demo.stdout ?? demo, "data"), over]);
      expect(output).to.match(pattern);
    };
    return { ended, seen };
  }

  it("sells seats, swaps batteries, drives, chats, parks, and lets vehicles come and go", async () => {
    const { seen } = run("--url", hub.url, "--rate", "200");
    const life = [
      /seats are booked/,
      /is collected/,
      /battery is added/,
      /technician is at/,
      /completed/,
      /ticket .*“/,
      /enters/,
      /leaves/,
    ];
    for (const line of [...life, /a booking is cancelled/, /reservation \d+: completed/]) await seen(line);
  });

  it("ends after the seconds asked for", async () => {
    const { ended } = run("--url", hub.url, "--rate", "100", "--seconds", "0.1");
    expect(await ended).to.equal(0);
  });

  it("says what to do when no hub is there, or an option is wrong", async () => {
    const nobody = run("--url", "http://127.0.0.1:9");
    await nobody.seen(/npm start/);
    expect(await nobody.ended).to.equal(1);
    const wrong = run("--rate", "fast");
    await wrong.seen(/--rate must be a number/);
    expect(await wrong.ended).to.equal(1);
  });
});
