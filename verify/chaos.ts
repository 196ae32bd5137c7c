import { setTimeout as sleep } from "node:timers/promises";
import { type ClusterState, readState } from "../src/cluster/state-file.ts";

/** A fault that is injected into a cluster, at `at` seconds from the start. */
export interface Fault {
  readonly at: number;
  readonly what: "kill a worker" | "kill Redis" | "stop Redis";
}

/** Seconds between two kills of a worker. */
const BETWEEN_KILLS = 15;

/** Losses of Redis: two in five minutes, and at least one in any run. */
const LOSSES_PER_SECOND = 2 / 300;

/** Milliseconds that Redis stays stopped, and that the cluster then has to be whole again. */
const STOPPED_MS = 10_000;
const WHOLE_MS = 30_000;

/** The shortest run with chaos, in seconds: a shorter one has few faults or none. */
export const SHORTEST_CHAOS = 30;

/**
 * Plans the faults of a run. A worker is killed every 15 seconds. Redis is lost at even intervals: in turn it is killed
 * (it comes back empty) and stopped for 10 seconds (it comes back as it was). The last seconds have no faults.
 */
export function plannedFaults(seconds: number): Fault[] {
  const kills: Fault[] = [];
  for (let at = BETWEEN_KILLS; at < seconds; at += BETWEEN_KILLS) kills.push({ at, what: "kill a worker" });
  const losses = Math.max(1, Math.round(seconds * LOSSES_PER_SECOND));
  const redis = Array.from({ length: losses }, (_, i): Fault => {
    return { at: ((i + 1) * seconds) / (losses + 1), what: i % 2 === 0 ? "kill Redis" : "stop Redis" };
  });
  return [...kills, ...redis].sort((one, other) => one.at - other.at);
}

/** Injects faults into a cluster on this machine, by signals to the processes that its data folder names. */
export class Chaos {
  readonly done: string[] = [];
  readonly #dataDir: string;
  readonly #workers: number;
  /** The pid of the Redis process, while it is stopped. */
  #stopped: number | undefined;

  private constructor(dataDir: string, { workers }: ClusterState) {
    this.#dataDir = dataDir;
    this.#workers = workers.length;
  }

  /** Rejects when no cluster runs with that data folder, or not the one that answers at `url`. */
  static async of(dataDir: string, url: string): Promise<Chaos> {
    const state = await readState(dataDir);
    if (!state) {
      throw new Error(`--chaos sends signals to processes, and no cluster runs with the data folder ${dataDir}.
Run this on the machine of the cluster, or set HUB_DATA_DIR.`);
    }
    const { pid } = (await (await fetch(`${url}/healthz`)).json()) as { pid: number };
    if (!state.workers.some((worker) => worker.pid === pid)) {
      throw new Error(`--chaos: the cluster of ${dataDir} is not the one at ${url}. Set HUB_DATA_DIR to its folder.`);
    }
    return new Chaos(dataDir, state);
  }

  /** Resolves when all faults have been injected, or `signal` aborts. */
  async run(seconds: number, signal: AbortSignal): Promise<void> {
    const begin = performance.now();
    const work: Promise<void>[] = [];
    for (const { at, what } of plannedFaults(seconds)) {
      const wait = begin + at * 1_000 - performance.now();
      await sleep(Math.max(0, wait), undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      work.push(what === "kill a worker" ? this.#killWorker() : this.#loseRedis(what, signal));
    }
    await Promise.all(work);
  }

  /** Resolves when every process runs again. Rejects after `WHOLE_MS`. */
  async whole(): Promise<void> {
    for (const deadline = performance.now() + WHOLE_MS; performance.now() < deadline; await sleep(250)) {
      const state = await readState(this.#dataDir);
      const alive = state?.workers.filter(({ pid }) => signalled(pid, 0)) ?? [];
      if (alive.length >= this.#workers && state?.helpers.every(({ pid }) => signalled(pid, 0))) return;
    }
    throw new Error("The cluster has not started all its processes again");
  }

  /** Continues Redis if it is stopped. */
  end(): void {
    if (this.#stopped !== undefined) signalled(this.#stopped, "SIGCONT");
    this.#stopped = undefined;
  }

  async #killWorker(): Promise<void> {
    const workers = (await readState(this.#dataDir))?.workers ?? [];
    // The state may still name a worker that has just ended.
    const alive = workers.filter(({ pid }) => signalled(pid, 0));
    const victim = alive[Math.floor(Math.random() * alive.length)];
    if (victim && signalled(victim.pid, "SIGKILL")) this.done.push(`killed ${victim.name}`);
  }

  async #loseRedis(what: "kill Redis" | "stop Redis", signal: AbortSignal): Promise<void> {
    const helpers = (await readState(this.#dataDir))?.helpers ?? [];
    const redis = helpers.find(({ mark }) => mark.startsWith("redis-server"));
    if (!redis) return;
    if (what === "kill Redis") {
      if (signalled(redis.pid, "SIGKILL")) this.done.push("killed Redis");
      return;
    }
    if (!signalled(redis.pid, "SIGSTOP")) return;
    this.#stopped = redis.pid;
    this.done.push(`stopped Redis for ${STOPPED_MS / 1_000} s`);
    await sleep(STOPPED_MS, undefined, { signal }).catch(() => {});
    this.end();
  }
}

/** Sends a signal (0 sends none). Returns false when there is no such process. */
function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
