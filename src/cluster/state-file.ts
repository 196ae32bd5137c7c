import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

const helper = z.object({
  pid: z.number().int().positive(),
  /** What its command line contains, by which it is told from a stranger that has got its pid since. */
  mark: z.string().min(1),
});

const stateSchema = z.object({
  /** The primary's. */
  pid: z.number().int().positive(),
  workers: z.array(z.object({ name: z.string(), pid: z.number() })),
  /** nginx and Redis, which would outlive a primary that was killed. */
  helpers: z.array(helper),
  /** How many reloads have ended, and what went wrong with the last one. */
  reloads: z.object({ count: z.number(), error: z.string().optional() }),
});

/** What a running cluster says of itself in its data folder. */
export type ClusterState = z.output<typeof stateSchema>;

function fileIn(dataDir: string): string {
  return path.join(dataDir, "cluster.json");
}

/** Writes the state whole: who reads sees the one before or this one. */
export async function writeState(dataDir: string, state: ClusterState): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const draft = `${fileIn(dataDir)}.${state.pid}`;
  await writeFile(draft, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(draft, fileIn(dataDir));
}

export async function removeState(dataDir: string): Promise<void> {
  await rm(fileIn(dataDir), { force: true });
}

/** The state of the cluster that runs on this data folder; `undefined` where none does. */
export async function readState(dataDir: string): Promise<ClusterState | undefined> {
  const state = await readAny(dataDir);
  return state && isOurs(state.pid, "bin/cluster.") ? state : undefined;
}

/**
 * To be called before anything in the data folder is touched: rejects when a cluster runs on it already, and ends what a
 * primary that was killed has left running.
 */
export async function claimDataDir(dataDir: string): Promise<void> {
  const other = await readState(dataDir);
  if (other) throw new Error(`A cluster with the data folder ${dataDir} runs already, as process ${other.pid}`);
  for (const { pid, mark } of (await readAny(dataDir))?.helpers ?? []) {
    if (isOurs(pid, mark)) process.kill(pid, "SIGTERM");
  }
}

async function readAny(dataDir: string): Promise<ClusterState | undefined> {
  if (!existsSync(fileIn(dataDir))) return undefined;
  try {
    return stateSchema.parse(JSON.parse(await readFile(fileIn(dataDir), "utf8")));
  } catch {
    return undefined;
  }
}

/** Whether `pid` is alive and its command line has `mark`; where there is no /proc, whether it is alive. */
function isOurs(pid: number, mark: string): boolean {
  try {
    process.kill(pid, 0);
    if (!existsSync("/proc/self/cmdline")) return true;
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").includes(mark);
  } catch {
    return false;
  }
}
