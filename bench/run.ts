import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { LocalRedis } from "../src/cluster/local-redis.ts";
import { Program } from "../src/cluster/program.ts";
import { Endings } from "../src/hub/endings.ts";
import type { Contender } from "./contenders/contender.ts";
import { freePort } from "./contenders/programs.ts";
import type { Job, Outcome } from "./load/main.ts";
import type { RedisInfo } from "./load/target.ts";
import type { Duration, Scenario } from "./scenarios/scenario.ts";

const TSX = import.meta.resolve("tsx");
const LOAD = path.join(import.meta.dirname, "load/main.ts");

/** Milliseconds after which a run has failed: no scenario takes longer on any contender. */
const LONGEST_RUN_MS = 5 * 60_000;

const endings = new Endings();
let isOver = false;

/** Ends the run that is under way. No run can be started after it. */
export async function giveUp(): Promise<void> {
  isOver = true;
  await endings.run();
}

/** Starts a contender, and its Redis if it needs one, loads it, and ends both. Never rejects. */
export async function runOnce(scenario: Scenario, contender: Contender, duration: Duration): Promise<Outcome> {
  if (isOver) return new Promise(() => {});
  const folder = await mkdtemp(path.join(tmpdir(), "junction-bench-"));
  endings.add("folder", () => rm(folder, { recursive: true, force: true }));
  try {
    let redisInfo: RedisInfo | undefined;
    if (scenario.workers > 1 || contender.needsRedis) {
      const redis = new LocalRedis(await freePort(), folder, process.env);
      endings.add("Redis", () => redis.stop(1_000));
      await redis.start();
      redisInfo = { url: redis.url, pid: redis.pid ?? 0 };
    }
    const running = await contender.start({ workers: scenario.workers, folder, redisUrl: redisInfo?.url });
    endings.add("contender", () => running.stop());
    const target = { ...running.target, ...(redisInfo && { redis: redisInfo }) };
    return await load({ scenario: scenario.name, target, duration });
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  } finally {
    if (!isOver) await endings.run();
  }
}

/** Resolves to the outcome of the load generator. */
async function load(job: Job): Promise<Outcome> {
  const program = new Program("load generator", process.execPath, ["--import", TSX, LOAD], { ipc: true });
  endings.add("load generator", () => program.end("SIGKILL", 0));
  const outcome = new Promise<Outcome>((resolve) => {
    program.onMessage((message) => resolve(message as Outcome));
    program.exited.then(() => resolve({ failed: `the load generator ended early:\n${program.lastOutput}` }));
  });
  program.send(job);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(
      () => resolve({ failed: `not finished after ${LONGEST_RUN_MS / 60_000} minutes` }),
      LONGEST_RUN_MS,
    );
  });
  const first = await Promise.race([outcome, late]);
  clearTimeout(timer);
  return first;
}
