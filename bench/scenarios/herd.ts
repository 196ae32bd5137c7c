import { Crowd } from "../load/crowd.ts";
import { moment, since } from "./measure.ts";
import type { Scenario } from "./scenario.ts";

const CONCURRENCY = 50;
const ROOM_SIZE = 100;

/** Milliseconds after which a refused client tries again. */
const RETRY_MS = 200;

/** Returns the scenario of a network failure: all clients are cut off, and all connect again at the same moment. */
export function herd({ clients, contenders }: { clients: number } & Pick<Scenario, "contenders">): Scenario {
  return {
    name: "herd",
    title: `${clients.toLocaleString("en")} clients lose their connections and all come back at once`,
    contenders,
    workers: 1,
    chart: "backMs",
    async run(target) {
      const crowd = new Crowd(target, { sampleEvery: 1, ordered: true });
      const members = Array.from({ length: clients }, (_, i) => `room${Math.floor(i / ROOM_SIZE) + 1}`);
      await crowd.join(members, { concurrency: CONCURRENCY });
      const before = moment(target);
      crowd.cut();
      const { failures } = await crowd.join(members, { concurrency: clients, retryMs: RETRY_MS });
      const { ms, serverMs, busy } = since(before, target);
      return { backMs: ms, failures, joinsPerCpuSecond: (clients / serverMs) * 1_000, ...busy };
    },
  };
}
