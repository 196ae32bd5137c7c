import { setTimeout as sleep } from "node:timers/promises";
import { now } from "../contenders/ticker.ts";
import type { Crowd } from "../load/crowd.ts";
import { cpuMs } from "../load/processes.ts";
import type { Target } from "../load/target.ts";
import type { Figures } from "../report/figures.ts";

/** The processor time used up to a moment; milliseconds. */
export interface Moment {
  readonly at: number;
  readonly serverMs: number;
  readonly loadMs: number;
}

/** Reads the counters. */
export function moment(target: Target): Moment {
  return { at: now(), serverMs: target.cpuMs(), loadMs: cpuMs([process.pid]) };
}

/** Returns the milliseconds passed since `before`, and the number of busy cores on either side. */
export function since(before: Moment, target: Target) {
  const after = moment(target);
  const ms = after.at - before.at;
  const serverMs = after.serverMs - before.serverMs;
  return { ms, serverMs, busy: { serverCpu: serverMs / ms, loadCpu: (after.loadMs - before.loadMs) / ms } };
}

/** Counts the messages that the crowd receives in `ms` milliseconds, while the publishing goes on. */
export async function measureDeliveries(target: Target, crowd: Crowd, ms: number): Promise<Figures> {
  const before = moment(target);
  const received = crowd.total;
  await sleep(ms);
  const deliveries = crowd.total - received;
  const passed = since(before, target);
  return {
    deliveriesPerCpuSecond: (deliveries / passed.serverMs) * 1_000,
    deliveriesPerSecond: (deliveries / passed.ms) * 1_000,
    ...passed.busy,
  };
}
