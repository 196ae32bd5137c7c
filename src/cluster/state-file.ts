import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

const helper = z.object({
  pid: z.number().int().positive(),
  /** A part of its command line. It tells the helper apart from another program that was given its pid since. */
  mark: z.string().min(1),
});

const stateSchema = z.object({
  /** The pid of the primary. */
  pid: z.number().int().positive(),
  workers: z.array(z.object({ name: z.string(), pid: z.number() })),
  /** nginx and Redis. They outlive a primary that is killed. */
  helpers: z.array(helper),
  /** The number of reloads that have ended, and the error of the last one. */
  reloads: z.object({ count: z.number(), error: z.string().optional() }),
});

/** The state of a running cluster, in a file of its data folder. */
export type ClusterState = z.output<typeof stateSchema>;

function fileIn(dataDir: string): string {
  return path.join(dataDir, "cluster.json");
}

/** Writes the state atomically: a reader gets the former state or this one. */
export async function writeState(dataDir: string, state: ClusterState): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const draft = `${fileIn(dataDir)}.${state.pid}`;
  await writeFile(draft, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(draft, fileIn(dataDir));
}

export async function removeState(dataDir: string): Promise<void> {
  await rm(fileIn(dataDir), { force: true });
}

/** Resolves to the state of the cluster that runs on this data folder; `undefined` when none does. */
export async function readState(dataDir: string): Promise<ClusterState | undefined> {
  const state = await readAny(dataDir);
  return state && isProgram(state.pid, "bin/cluster.") ? state : undefined;
}

/**
 * Claims the data folder. Rejects with an `Error` when a cluster runs on it already. Ends nginx and Redis of a primary that
 * was killed. To be called before anything in the folder is touched.
 */
export async function claimDataDir(dataDir: string): Promise<void> {
  const other = await readState(dataDir);
  if (other) throw new Error(`A cluster with the data folder ${dataDir} runs already: end process ${other.pid} first`);
  for (const { pid, mark } of (await readAny(dataDir))?.helpers ?? []) {
    if (isProgram(pid, mark)) process.kill(pid, "SIGTERM");
  }
}

/** Resolves to the stored state, also of a cluster that has ended; `undefined` when there is none or it is malformed. */
async function readAny(dataDir: string): Promise<ClusterState | undefined> {
  if (!existsSync(fileIn(dataDir))) return undefined;
  try {
    return stateSchema.parse(JSON.parse(await readFile(fileIn(dataDir), "utf8")));
  } catch {
    return undefined;
  }
}

/** Returns true when `pid` is alive and its command line contains `mark`. Without /proc the mark is not checked. */
function isProgram(pid: number, mark: string): boolean {
  try {
    process.kill(pid, 0);
    if (!existsSync("/proc/self/cmdline")) return true;
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").includes(mark);
  } catch {
    return false;
  }
}
