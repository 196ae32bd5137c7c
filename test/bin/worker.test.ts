import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** A worker as `npm start` runs it, in a process of its own. */
class Worker {
  readonly process: ChildProcess;
  output = "";
  readonly exited: Promise<number | null>;

  constructor(dataDir: string, env: Record<string, string>, args: string[] = []) {
    const { PATH, HOME } = process.env as Record<string, string>;
    this.process = spawn(process.execPath, ["--import", "tsx", "src/bin/worker.ts", ...args], {
      cwd: ROOT,
      env: { PATH, HOME, HUB_DATA_DIR: dataDir, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on("data", (chunk) => {
        this.output += chunk;
      });
    }
    this.exited = once(this.process, "close").then(([code]) => code as number | null);
  }

  /** The URL of its first door, once it serves; rejects when it ends instead. */
  async url(): Promise<string> {
    for (;;) {
      const url = /(http:\/\/localhost:\d+) {2}ws/.exec(this.output)?.[1];
      if (url && this.output.includes("examples/live-seats.mjs")) return url;
      const next = this.process.stdout ? once(this.process.stdout, "data") : Promise.reject(new Error("no output"));
      await Promise.race([
        next,
        this.exited.then((code) => {
          throw new Error(`ended with ${code}: ${this.output}`);
        }),
      ]);
    }
  }

  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    this.process.kill(signal);
    return this.exited;
  }
}

async function login(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v2/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ phone: "+966500000001", password: "password123" }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function seatsLeft(url: string, method = "GET"): Promise<number> {
  const route = method === "POST" ? "/api/events/123/bookings" : "/api/events";
  const response = await fetch(url + route, { method, headers: { Authorization: `Bearer ${await login(url)}` } });
  const body = (await response.json()) as { items?: { id: number; availableSeats: number }[]; availableSeats: number };
  return body.items?.find(({ id }) => id === 123)?.availableSeats ?? body.availableSeats;
}

describe("npm start", () => {
  let dataDir: string;
  const workers: Worker[] = [];

  function start(env: Record<string, string> = { PORT: "0" }, args: string[] = []): Worker {
    const worker = new Worker(dataDir, env, args);
    workers.push(worker);
    return worker;
  }

  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), "junction-main-"));
  });

  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop("SIGKILL")));
    await rm(dataDir, { recursive: true, force: true });
  });

  it("prints the doors, the demo credentials and a line to paste that shows a live update", async () => {
    const worker = start({ HUB_DOORS: "0:vehicles;0:events" });
    const url = await worker.url();
    expect(worker.output.match(/http:\/\/localhost:\d+ {2}ws/g)).to.have.length(2);
    for (const word of ["+966500000001", "password123", "demo-api-key"]) expect(worker.output).to.include(word);
    const line = /node (examples\/live-seats\.mjs) (\S+)/.exec(worker.output);
    const pasted = spawn(process.execPath, [line?.[1] ?? "", line?.[2] ?? url], { cwd: ROOT });
    let shown = "";
    pasted.stdout.on("data", (chunk) => {
      shown += chunk;
    });
    const [code] = await once(pasted, "close");
    expect(code).to.equal(0);
    expect(shown).to.include("booking_created").and.include("booking_cancelled");
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`ends cleanly on ${signal}, even when it comes twice`, async () => {
      const worker = start();
      await worker.url();
      worker.process.kill(signal);
      expect(await worker.stop(signal)).to.equal(0);
    });
  }

  it("keeps its data over a restart, and begins anew with --fresh", async function () {
    // Three starts of a process.
    this.timeout(60_000);
    const first = start();
    expect(await seatsLeft(await first.url(), "POST")).to.equal(99);
    await first.stop();
    const second = start();
    expect(await seatsLeft(await second.url())).to.equal(99);
    await second.stop();
    expect(await seatsLeft(await start({ PORT: "0" }, ["--fresh"]).url())).to.equal(100);
  });

  describe("on a port that is taken", () => {
    let taker: Server;
    let port: string;
    before(async () => {
      taker = createServer().listen(0);
      await once(taker, "listening");
      port = String((taker.address() as { port: number }).port);
    });
    after(() => taker.close());

    it("says in one line which and what to set, and ends with status 1", async () => {
      const worker = start({ PORT: port });
      expect(await worker.exited).to.equal(1);
      expect(worker.output.trim().split("\n")).to.have.length(1);
      expect(worker.output).to.include(port).and.include("PORT").and.include("HUB_DOORS");
    });

    it("removes nothing, although --fresh was asked for", async function () {
      // Three starts of a process.
      this.timeout(60_000);
      const first = start();
      await seatsLeft(await first.url(), "POST");
      await first.stop();
      expect(await start({ PORT: port }, ["--fresh"]).exited).to.equal(1);
      expect(await seatsLeft(await start().url())).to.equal(99);
    });
  });

  it("does not start in production without a secret, and says which is missing", async () => {
    const worker = start({ PORT: "0", NODE_ENV: "production" });
    expect(await worker.exited).to.equal(1);
    expect(worker.output).to.include("JWT_SECRET").and.include("JWKS_URL");
  });

  it("names a misspelt setting and an option that does not exist", async () => {
    const worker = start({ PORT: "0", HUB_DOOR: "3000:events" });
    await worker.url();
    expect(worker.output).to.include("HUB_DOOR is not a setting");
    const wrong = start({ PORT: "0" }, ["--frsh"]);
    expect(await wrong.exited).to.equal(1);
    expect(wrong.output).to.include("--frsh").and.include("--fresh");
  });
});
