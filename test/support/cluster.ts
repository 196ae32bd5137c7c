import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SignJWT } from "jose";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import type { ClusterState } from "../../src/cluster/state-file.ts";
import type { ConfigFile } from "../../src/config.ts";
import type { DemoUserName } from "./hub.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const TSX = import.meta.resolve("tsx");
const JWT_SECRET = "a secret that only these tests know, long enough";

export interface ClusterSettings {
  readonly workers?: number;
  readonly file?: ConfigFile;
  readonly env?: Readonly<Record<string, string>>;
}

/** `npm run cluster` in a process and a folder of its own. */
export class TestCluster {
  readonly folder: string;
  output = "";
  readonly exited: Promise<number | null>;
  readonly #process: ChildProcess;
  readonly #env: Record<string, string>;

  private constructor(folder: string, { workers = 2, env = {} }: ClusterSettings) {
    this.folder = folder;
    const { PATH, HOME } = process.env as Record<string, string>;
    this.#env = { PATH: PATH!, HOME: HOME!, JWT_SECRET, HUB_WORKERS: String(workers), PORT: "0", ...env };
    this.#process = this.#spawn([]);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.output += chunk;
      });
    }
    this.exited = once(this.#process, "close").then(([code]) => code as number | null);
  }

  /** Starts it without waiting until it serves. */
  static async spawn(settings: ClusterSettings = {}): Promise<TestCluster> {
    const folder = await mkdtemp(path.join(tmpdir(), "junction-cluster-test-"));
    await writeFile(path.join(folder, "package.json"), '{ "type": "module" }');
    const file: ConfigFile = {
      logLevel: "warn",
      ...settings.file,
      cluster: { drainMs: 1_000, comeBackMs: 200, metricsPort: 0, ...settings.file?.cluster },
      // All clients of a test have one address.
      nginx: { connectionsPerSecond: 10_000, ...settings.file?.nginx },
    };
    await writeFile(path.join(folder, "cluster.config.ts"), `export default ${JSON.stringify(file)};`);
    return new TestCluster(folder, settings);
  }

  static async start(settings: ClusterSettings = {}): Promise<TestCluster> {
    const cluster = await TestCluster.spawn(settings);
    try {
      await cluster.says("live-seats.mjs");
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** The URLs of the doors, which are nginx's. */
  get urls(): string[] {
    return [...this.output.matchAll(/(https?):\/\/localhost:(\d+) {2}ws/g)].map(
      ([, scheme, port]) => `${scheme}://127.0.0.1:${port}`,
    );
  }

  get url(): string {
    return this.urls[0]!;
  }

  get state(): ClusterState {
    return JSON.parse(readFileSync(path.join(this.folder, "data/cluster.json"), "utf8")) as ClusterState;
  }

  get accessLog(): string {
    return readFileSync(/Access log: (.+)/.exec(this.output)![1]!, "utf8");
  }

  /** The process of a worker. */
  pidOf(name: string): number {
    return this.state.workers.find((worker) => worker.name === name)!.pid;
  }

  /** Resolves when the output contains `text`; rejects when the cluster ends before. */
  async says(text: string): Promise<void> {
    const ended = this.exited.then((code) => {
      throw new Error(`ended with ${code}: ${this.output}`);
    });
    while (!this.output.includes(text)) await Promise.race([this.#moreOutput(), ended]);
  }

  /** Runs `npm run cluster -- <args>` beside it, in the same folder: its exit code and what it said. */
  async command(...args: string[]): Promise<{ code: number | null; output: string }> {
    const child = this.#spawn(args);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, output };
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends the cluster; whatever it should leave behind is killed by its own pid. */
  async stop(): Promise<void> {
    this.#process.kill("SIGINT");
    const patience = setTimeout(() => this.#process.kill("SIGKILL"), 15_000);
    await this.exited;
    clearTimeout(patience);
    const left = this.#stateOrNothing();
    for (const { pid } of left ? [left, ...left.workers, ...left.helpers] : []) {
      if (isAlive(pid)) process.kill(pid, "SIGKILL");
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  token(user: DemoUserName = "customer"): Promise<string> {
    const { id, role, email } = DEMO_USERS[user];
    const exp = Math.floor(Date.now() / 1000) + 1800;
    return new SignJWT({ sub: id, role, email, exp, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: "HS256" })
      .sign(Buffer.from(JWT_SECRET));
  }

  #spawn(args: readonly string[]): ChildProcess {
    const main = path.join(ROOT, "src/bin/cluster.ts");
    return spawn(process.execPath, ["--import", TSX, main, ...args], {
      cwd: this.folder,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  #moreOutput(): Promise<unknown> {
    return Promise.race([once(this.#process.stdout!, "data"), once(this.#process.stderr!, "data")]);
  }

  #stateOrNothing(): ClusterState | undefined {
    try {
      return this.state;
    } catch {
      return undefined;
    }
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
