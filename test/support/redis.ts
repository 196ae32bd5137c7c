import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import { listens } from "../../src/cluster/local-redis.ts";
import { freePort } from "./free-port.ts";

const START_MS = 10_000;

/** A real redis-server on a port of its own, with a password, that keeps nothing. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly password: string;
  /** A command as any other program would send it. */
  command(...args: string[]): Promise<unknown>;
  /** Stops it; `start` brings it back, empty, on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP: it takes connections, and never answers. */
  freeze(): void;
  thaw(): void;
  /** Stops it for good. */
  remove(): Promise<void>;
}

/** `settings`: more lines of its configuration. `sentinel`: a sentinel instead of a server. */
export async function startRedis(settings: readonly string[] = [], sentinel = false): Promise<TestRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), "junction-redis-"));
  const port = await freePort();
  const password = sentinel ? "" : "a password of these tests";
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const lines = [`port ${port}`, "bind 127.0.0.1", `dir ${folder}`, "loglevel warning", ...settings];
    if (!sentinel) lines.push('save ""', "appendonly no", `requirepass "${password}"`);
    // A sentinel insists on a file, which it rewrites.
    const file = path.join(folder, "sentinel.conf");
    if (sentinel) await writeFile(file, `${lines.join("\n")}\n`);
    const args = sentinel ? [file, "--sentinel"] : ["-"];
    const started = spawn("redis-server", args, { stdio: ["pipe", "ignore", "ignore"] });
    started.stdin.end(sentinel ? "" : `${lines.join("\n")}\n`);
    child = started;
    for (const deadline = Date.now() + START_MS; Date.now() < deadline; await sleep(10)) {
      if (started.exitCode !== null) break;
      if (await listens(port)) return;
    }
    throw new Error("redis-server did not start");
  }

  async function stop(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  await start();
  return {
    url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    port,
    password,
    async command(...args) {
      const client = createClient({ socket: { host: "127.0.0.1", port }, ...(password && { password }) });
      client.on("error", () => {});
      await client.connect();
      try {
        return await client.sendCommand(args);
      } finally {
        client.destroy();
      }
    },
    stop,
    start,
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
