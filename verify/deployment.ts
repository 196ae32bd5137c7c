import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigFile } from "../src/config.ts";

/** A cluster on this machine, started for one run: nginx, workers and Redis on free ports. */
export interface Deployment {
  readonly url: string;
  readonly jwtSecret: string;
  /** The folder with its data and the file that names its processes. */
  readonly dataDir: string;
  /** The file with all its output. */
  readonly logFile: string;
  /** Ends all its processes and removes its data. Removes its log too, unless `keepLog` is true. */
  stop(keepLog: boolean): Promise<void>;
}

const MAIN = path.resolve(import.meta.dirname, "../src/bin/cluster.ts");

/** Milliseconds that the cluster has to start, and to end. */
const START_MS = 60_000;
const STOP_MS = 20_000;

/** Variables taken over from the environment: the paths of programs, and servers to use instead of new ones. */
const ENVIRONMENT = ["PATH", "HOME", "TMPDIR", "MONGODB_URL", "REDIS_URL"];

/** Starts a cluster in a folder of its own. Rejects with its output when it does not come up. */
export async function startDeployment(workers: number): Promise<Deployment> {
  const folder = await mkdtemp(path.join(tmpdir(), "junction-verify-"));
  const config: ConfigFile = { logLevel: "warn", cluster: { workers, metricsPort: 0 } };
  await writeFile(path.join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(path.join(folder, "cluster.config.ts"), `export default ${JSON.stringify(config)};`);
  const dataDir = path.join(folder, "data");
  const logFile = path.join(folder, "cluster.log");
  const jwtSecret = randomBytes(48).toString("base64url");
  const known = ENVIRONMENT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));

  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), MAIN], {
    cwd: folder,
    env: { ...Object.fromEntries(known), PORT: "0", HUB_DATA_DIR: dataDir, JWT_SECRET: jwtSecret },
    stdio: ["ignore", "pipe", "pipe"],
    // Ctrl-C must reach the verifier alone, which then ends the cluster.
    detached: true,
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = once(child, "exit");

  async function stop(keepLog: boolean): Promise<void> {
    await end(child, exited);
    await rm(keepLog ? dataDir : folder, { recursive: true, force: true });
  }

  try {
    return { url: await urlFrom(logFile, child), jwtSecret, dataDir, logFile, stop };
  } catch (error) {
    const output = await readFile(logFile, "utf8").catch(() => "");
    await stop(false);
    throw new Error(`${(error as Error).message}\n${output}`);
  }
}

/** Resolves to the URL that the cluster prints once it serves. */
async function urlFrom(logFile: string, child: ChildProcess): Promise<string> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; await sleep(100)) {
    const output = await readFile(logFile, "utf8").catch(() => "");
    const port = /http:\/\/localhost:(\d+) /.exec(output)?.[1];
    if (port !== undefined) return `http://127.0.0.1:${port}`;
    if (child.exitCode !== null) throw new Error("The cluster did not start. Its output:");
  }
  throw new Error(`The cluster did not start within ${START_MS / 1_000} s. Its output:`);
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGINT");
  const patience = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(patience);
}
