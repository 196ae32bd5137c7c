import { setTimeout as sleep } from "node:timers/promises";
import { type ClusterState, readState } from "../src/cluster/state-file.ts";

/** What is done to a cluster, and when; seconds from the start. */
export interface Blow {
  readonly at: number;
  readonly what: "kill a worker" | "kill Redis" | "stop Redis";
}

/** Between two workers that are killed; seconds. */
const BETWEEN_KILLS = 15;

/** Redis is lost twice in five minutes, and once in any run. */
const LOSSES_PER_SECOND = 2 / 300;

/** How long Redis stays stopped, and how long the cluster has afterwards to be whole again; milliseconds. */
const STOPPED_MS = 10_000;
const WHOLE_MS = 30_000;

/** The fewest seconds in which there is something to see. */
export const SHORTEST_CHAOS = 30;

/**
 * A worker is killed every 15 seconds. Redis is lost at even distances, in turn killed (it comes back empty) and stopped
 * for 10 seconds (it comes back as it was). The last seconds are left in peace.
 */
export function blows(seconds: number): Blow[] {
  const kills: Blow[] = [];
  for (let at = BETWEEN_KILLS; at < seconds; at += BETWEEN_KILLS) kills.push({ at, what: "kill a worker" });
  const losses = Math.max(1, Math.round(seconds * LOSSES_PER_SECOND));
  const redis = Array.from({ length: losses }, (_, i): Blow => {
    return { at: ((i + 1) * seconds) / (losses + 1), what: i % 2 === 0 ? "kill Redis" : "stop Redis" };
  });
  return [...kills, ...redis].sort((one, other) => one.at - other.at);
}

/** Hurts a cluster of this machine: the processes that its data folder names. */
export class Chaos {
  readonly done: string[] = [];
  readonly #dataDir: string;
  readonly #workers: number;
  /** The pid of a Redis that is stopped. */
  #stopped: number | undefined;

  private constructor(dataDir: string, { workers }: ClusterState) {
    this.#dataDir = dataDir;
    this.#workers = workers.length;
  }

  /** Rejects when no cluster runs with that data folder, or not the one that answers at `url`. */
  static async of(dataDir: string, url: string): Promise<Chaos> {
    const state = await readState(dataDir);
    if (!state) {
      throw new Error(`--chaos needs to know the processes: no cluster runs with the data folder ${dataDir}.
Run this where the cluster runs, or set HUB_DATA_DIR.`);
    }
    const { pid } = (await (await fetch(`${url}/healthz`)).json()) as { pid: number };
    if (!state.workers.some((worker) => worker.pid === pid)) {
      throw new Error(`--chaos: the cluster of ${dataDir} is not the one that answers at ${url}`);
    }
    return new Chaos(dataDir, state);
  }

  /** Resolves when all blows are done, or `signal` says so. */
  async run(seconds: number, signal: AbortSignal): Promise<void> {
    const begin = performance.now();
    const work: Promise<void>[] = [];
    for (const { at, what } of blows(seconds)) {
      const wait = begin + at * 1_000 - performance.now();
      await sleep(Math.max(0, wait), undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      work.push(what === "kill a worker" ? this.#killWorker() : this.#loseRedis(what, signal));
    }
    await Promise.all(work);
  }

  /** Resolves when every process is there again; rejects when that takes too long. */
  async whole(): Promise<void> {
    for (const deadline = performance.now() + WHOLE_MS; performance.now() < deadline; await sleep(250)) {
      const state = await readState(this.#dataDir);
      const alive = state?.workers.filter(({ pid }) => signalled(pid, 0)) ?? [];
      if (alive.length >= this.#workers && state?.helpers.every(({ pid }) => signalled(pid, 0))) return;
    }
    throw new Error("The cluster has not got all its processes back");
  }

  /** Lets a Redis go on that is stopped. */
  end(): void {
    if (this.#stopped !== undefined) signalled(this.#stopped, "SIGCONT");
    this.#stopped = undefined;
  }

  async #killWorker(): Promise<void> {
    const workers = (await readState(this.#dataDir))?.workers ?? [];
    // The state still names one that has just ended.
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

/** Sends a signal (0 sends none); false when there is no such process. */
function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
