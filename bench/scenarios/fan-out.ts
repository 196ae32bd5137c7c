import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "../contenders/ticker.ts";
import { Crowd } from "../load/crowd.ts";
import { publish } from "../load/publishing.ts";
import { latencyFigures } from "../report/statistics.ts";
import { measureDeliveries } from "./measure.ts";
import type { Scenario } from "./scenario.ts";

/** Number of clients that join at the same time. */
const CONCURRENCY = 50;

/** A scenario in which clients receive the messages that are published into their rooms. */
export interface FanOut extends Pick<Scenario, "name" | "title" | "contenders"> {
  readonly workers?: Scenario["workers"];
  readonly clients: number;
  readonly rooms: number;
  readonly plan: Omit<Plan, "rooms">;
}

/**
 * Returns a scenario in which the server publishes: as fast as receivers follow, or at a fixed rate, for the latency.
 */
export function fanOut({ clients, rooms, plan, workers = 1, ...description }: FanOut): Scenario {
  const names = Array.from({ length: rooms }, (_, i) => `room${i + 1}`);
  const isTimed = "perSecond" in plan.pace;
  return {
    ...description,
    workers,
    chart: isTimed ? "p50" : "deliveriesPerCpuSecond",
    async run(target, { warmUpMs, ms, timedMs }) {
      // A prime number, so that the sampled messages are not always at the same position of a tick.
      const crowd = new Crowd(target, { sampleEvery: isTimed ? 1 : 101, ordered: true });
      const members = Array.from({ length: clients }, (_, i) => names[i % rooms] ?? "");
      await crowd.join(members, { concurrency: CONCURRENCY });
      const publishing = publish(target, { ...plan, rooms: names }, crowd);
      await sleep(warmUpMs);
      crowd.startSampling();
      const figures = await measureDeliveries(target, crowd, isTimed ? timedMs : ms);
      const latencies = isTimed ? latencyFigures(crowd.latencies) : {};
      await crowd.hasReceived(await publishing.stop());
      return { ...figures, ...latencies };
    },
  };
}
