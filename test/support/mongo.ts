import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import mongoose from "mongoose";
import { freePort } from "./free-port.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FERRETDB = join(ROOT, "node_modules/.cache/junction/ferretdb-1.24.2");
/** Whether this is a run without other programs than Node: `npm test -- --fast`. */
export const isFast = process.env.FAST === "1";
/** A server is looked for this long after its start. */
const START_MS = 30_000;

/** An empty database on a running server. `stop` drops it; the server stays for the other tests. */
export interface MongoDatabase {
  readonly url: string;
  /** Which server it is, for people. */
  readonly name: string;
  stop(): Promise<void>;
}

export interface Skipped {
  readonly skipped: string;
}

interface Server {
  readonly name: string;
  /** The URL of a database on it. */
  url(database: string): string;
  stop(): Promise<void>;
}

let server: Promise<Server | Skipped> | undefined;
const ran = new Set<string>();

/**
 * A fresh database on the MongoDB server of this test run, which the first call starts: `MONGODB_URL` if given, else
 * `mongod` if it is on the PATH, else FerretDB (built the first time: let the hook wait some minutes).
 */
export async function startMongo(): Promise<MongoDatabase | Skipped> {
  server ??= startServer();
  const running = await server;
  if ("skipped" in running) return running;
  ran.add(running.name);
  const url = running.url(`junction_test_${randomBytes(6).toString("hex")}`);
  return {
    url,
    name: running.name,
    async stop() {
      const connection = await mongoose.createConnection(url).asPromise();
      await connection.dropDatabase();
      await connection.close();
    },
  };
}

/** The servers that tests of this process ran on. */
export function describeServers(): string[] {
  return [...ran];
}

/** Stops the server, if one was started. The next `startMongo` starts one again. */
export async function stopMongo(): Promise<void> {
  const running = await server;
  server = undefined;
  if (running && "stop" in running) await running.stop();
}

// Under mocha this is the root suite's hook: it runs once, after the specs of all files.
if (typeof after === "function") {
  after("stop the MongoDB server", async function () {
    this.timeout(START_MS);
    for (const name of describeServers()) console.log(`    MongoDB tests ran on ${name}`);
    await stopMongo();
  });
}

async function startServer(): Promise<Server | Skipped> {
  if (isFast) return { skipped: "a fast run starts no MongoDB server" };
  const given = process.env.MONGODB_URL;
  if (given) return namedServer(given);
  return (await startMongod()) ?? (await startFerretDb());
}

/** A server that is somebody's own: only databases that the tests have made are touched. */
function namedServer(given: string): Server {
  const parts = /^(mongodb(?:\+srv)?:\/\/)([^/?]*@)?([^/?]+)\/?([^?]*)\??(.*)$/.exec(given);
  if (!parts) throw new Error("MONGODB_URL must begin with mongodb:// or mongodb+srv://");
  const [, scheme = "", credentials = "", hosts = "", path = "", query = ""] = parts;
  const options = new URLSearchParams(query);
  // Credentials belong to the database of the URL, which is about to be another one.
  if (credentials !== "" && !options.has("authSource")) options.set("authSource", path || "admin");
  const url = (database: string): string => `${scheme}${credentials}${hosts}/${database}?${options}`;
  return { name: `MongoDB at ${hosts} (MONGODB_URL)`, url, stop: async () => {} };
}

async function startMongod(): Promise<Server | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "junction-mongod-"));
  const port = await freePort();
  const address = ["--bind_ip", "127.0.0.1", "--port", String(port)];
  const child = spawn("mongod", ["--dbpath", folder, ...address, "--nounixsocket"], { stdio: "ignore" });
  const stop = stopper(child, folder);
  if (await failsToStart(child)) {
    await stop();
    return undefined;
  }
  const url = (database: string): string => `mongodb://127.0.0.1:${port}/${database}`;
  const connection = await mongoose.createConnection(url("admin"), { serverSelectionTimeoutMS: START_MS }).asPromise();
  const { version } = (await connection.db?.admin().serverInfo()) ?? {};
  await connection.close();
  return { name: `MongoDB ${version}`, url, stop };
}

async function startFerretDb(): Promise<Server | Skipped> {
  const said = await buildFerretDb();
  if (!existsSync(FERRETDB)) return { skipped: `no MONGODB_URL, no mongod on the PATH, and ${said}` };
  const folder = await mkdtemp(join(tmpdir(), "junction-ferretdb-"));
  // It ends when its standard input does, so not even a killed test run leaves it behind.
  // It has little data, and collecting garbage as often as by default takes a quarter of its time.
  const env = { ...process.env, GOGC: "1000" };
  const child = spawn(FERRETDB, [folder], { env, stdio: ["pipe", "pipe", "inherit"] });
  const stop = stopper(child, folder);
  const port = await firstLine(child);
  if (port === undefined) {
    await stop();
    return { skipped: "FerretDB did not start" };
  }
  for (const stream of child.stdio) (stream as { unref?: () => void } | null)?.unref?.();
  return { name: "FerretDB 1.24.2 over SQLite", url: (database) => `mongodb://127.0.0.1:${port}/${database}`, stop };
}

/** Runs the build, which does nothing when there is nothing to do; the last line it said. */
async function buildFerretDb(): Promise<string> {
  const build = spawn(process.execPath, [join(ROOT, "scripts/build-ferretdb.mjs")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let last = "";
  for await (const line of createInterface({ input: build.stdout })) {
    if (last !== "") console.log(`    ${last}`);
    last = line;
  }
  return last;
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (!child.stdout) return undefined;
  for await (const line of createInterface({ input: child.stdout })) return line;
  return undefined;
}

function failsToStart(child: ChildProcess): Promise<boolean> {
  return once(child, "spawn").then(
    () => false,
    () => true,
  );
}

/** Ends a server and removes its data. A run that ends without it takes the server along. */
function stopper(child: ChildProcess, folder: string): () => Promise<void> {
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.on("exit", kill);
  child.unref();
  return async () => {
    process.off("exit", kill);
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      child.ref();
      kill();
      await once(child, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  };
}
