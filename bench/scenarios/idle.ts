import { setTimeout as sleep } from "node:timers/promises";
import { Crowd } from "../load/crowd.ts";
import { ControlLine } from "../load/publishing.ts";
import type { Target } from "../load/target.ts";
import type { Figures } from "../report/figures.ts";
import { moment, since } from "./measure.ts";
import type { Scenario } from "./scenario.ts";

/** Number of clients that join at the same time, also while joins are counted. */
const CONCURRENCY = 50;
const ROOM_SIZE = 100;

/** Clients that come and go first, so that the code that a server loads and compiles for them is not counted. */
const FIRST_CLIENTS = 100;

/** Milliseconds of two rounds of the pings that contenders send by default (each 25 or 30 s). */
export const TWO_HEARTBEATS_MS = 60_000;

/** Memory is at rest when it has changed by less than this between two readings, which are 500 ms apart. */
const AT_REST_BYTES = 256 * 1024;
const LOOK_MS = 500;
const MOST_LOOKS = 20;

export interface Idle extends Pick<Scenario, "contenders"> {
  readonly clients: number;
  /** Milliseconds for which the processor time is measured; absent: it is not. */
  readonly watchedMs?: number;
}

/**
 * Returns the scenario of idle clients: memory per client, the cost of a join, and the cost of all clients per second.
 */
export function idle({ clients, contenders, watchedMs }: Idle): Scenario {
  return {
    name: `idle-${clients}`,
    title: `${clients.toLocaleString("en")} clients in rooms of ${ROOM_SIZE}, to whom nothing is sent`,
    contenders,
    workers: 1,
    chart: "kibPerConnection",
    async run(target) {
      const crowd = new Crowd(target, { sampleEvery: 1, ordered: true });
      const members = Array.from({ length: clients }, (_, i) => `room${Math.floor(i / ROOM_SIZE) + 1}`);
      await crowd.join(members.slice(0, FIRST_CLIENTS), { concurrency: CONCURRENCY });
      crowd.cut();
      const empty = await memoryAtRest(target);

      const before = moment(target);
      await crowd.join(members, { concurrency: CONCURRENCY });
      const joining = since(before, target);

      const full = await memoryAtRest(target);
      const resting = watchedMs === undefined ? {} : await watch(target, watchedMs);
      await crowd.hasReceived(Object.fromEntries(members.map((room) => [room, 0])));
      return {
        kibPerConnection: (full - empty) / 1024 / clients,
        joinsPerSecond: (clients / joining.ms) * 1_000,
        joinsPerCpuSecond: (clients / joining.serverMs) * 1_000,
        ...resting,
        ...joining.busy,
      };
    },
  };
}

async function watch(target: Target, watchedMs: number): Promise<Figures> {
  const before = moment(target);
  await sleep(watchedMs);
  const { ms, serverMs } = since(before, target);
  return { idleCpuMs: (serverMs / ms) * 1_000 };
}

/** Resolves to the resident bytes of the server, once it has collected its garbage and returns no more memory. */
async function memoryAtRest(target: Target): Promise<number> {
  const line = target.control === undefined ? undefined : new ControlLine(target.control);
  let bytes = target.rssBytes();
  for (let look = 0; look < MOST_LOOKS; look++) {
    await line?.request({ collect: true });
    await sleep(LOOK_MS);
    const before = bytes;
    bytes = target.rssBytes();
    if (Math.abs(bytes - before) < AT_REST_BYTES) break;
  }
  line?.close();
  return bytes;
}
