import { setTimeout as sleep } from "node:timers/promises";
import { now } from "../contenders/ticker.ts";
import type { Crowd } from "../load/crowd.ts";
import { cpuMs } from "../load/processes.ts";
import type { Target } from "../load/target.ts";
import type { Figures } from "../report/figures.ts";

/** What has been used and done up to a moment. */
export interface Moment {
  readonly at: number;
  readonly serverMs: number;
  readonly loadMs: number;
}

/** The counters as they stand. */
export function moment(target: Target): Moment {
  return { at: now(), serverMs: target.cpuMs(), loadMs: cpuMs([process.pid]) };
}

/** Milliseconds that have passed since, and how many cores were busy on either side. */
export function since(before: Moment, target: Target) {
  const after = moment(target);
  const ms = after.at - before.at;
  const serverMs = after.serverMs - before.serverMs;
  return { ms, serverMs, busy: { serverCpu: serverMs / ms, loadCpu: (after.loadMs - before.loadMs) / ms } };
}

/** Lets what has begun go on for `ms` milliseconds, and counts what the crowd receives in that time. */
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
