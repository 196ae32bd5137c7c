import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import type { Plan } from "../contenders/ticker.ts";
import { Crowd } from "../load/crowd.ts";
import { cpuMs } from "../load/processes.ts";
import { publish } from "../load/publishing.ts";
import type { RedisInfo, Target } from "../load/target.ts";
import { moment, since } from "./measure.ts";
import type { Scenario } from "./scenario.ts";

export interface ManyRooms extends Pick<Scenario, "contenders"> {
  /** Known to the hub: somebody publishes into each of them. */
  readonly rooms: number;
  /** Of those, so many have a member, all on the worker that is watched. */
  readonly occupied: number;
}

/** Messages a second, in so many ticks. */
const RATE = 5_000;
const TICKS_PER_SECOND = 250;

/** A whole round of the pings that contenders send by default, or a worker's own members would count in one phase alone. */
const ONE_HEARTBEAT_MS = 30_000;

/** One worker publishes into rooms that nobody is in, while another one has members in a few: what that costs the other. */
export function manyRooms({ rooms, occupied, contenders }: ManyRooms): Scenario {
  const names = Array.from({ length: rooms }, (_, i) => `room${i + 1}`);
  const [here, elsewhere] = [names.slice(0, occupied), names.slice(occupied)];
  return {
    name: `rooms-${rooms}`,
    title:
      `One worker publishes ${RATE.toLocaleString("en")} messages a second into ${elsewhere.length.toLocaleString("en")} ` +
      `rooms that nobody is in; another has members in ${occupied.toLocaleString("en")} others`,
    contenders,
    workers: 2,
    chart: "publishedCpuMs",
    async run(target, { warmUpMs, timedMs }) {
      const redis = target.redis;
      if (!redis) throw new Error("there is no Redis between the workers");
      const crowd = new Crowd(target, { sampleEvery: 1, ordered: true });
      await crowd.join(here, { concurrency: 50 });
      const subscriptions = await subscriptionsFor(redis);
      const quietBefore = await watch(target, redis, warmUpMs, ONE_HEARTBEAT_MS);
      const elsewherePublishing = publish(target, planFor(elsewhere), crowd);
      const published = await watch(target, redis, warmUpMs, ONE_HEARTBEAT_MS);
      await elsewherePublishing.stop();
      const quietAfter = await watch(target, redis, warmUpMs, ONE_HEARTBEAT_MS);
      // So far nobody was sent anything; now everybody is sent what is theirs.
      await crowd.hasReceived(Object.fromEntries(here.map((room) => [room, 0])));
      const herePublishing = publish(target, planFor(here), crowd);
      const heard = await watch(target, redis, warmUpMs, timedMs);
      await crowd.hasReceived(await herePublishing.stop());

      const quietCpuMs = (quietBefore.workerMs + quietAfter.workerMs) / 2;
      return {
        quietCpuMs,
        publishedCpuMs: published.workerMs,
        extraCpuMs: published.workerMs - quietCpuMs,
        subscriptions,
        redisUs: (published.redisMs * 1_000) / RATE,
        redisHeardUs: (heard.redisMs * 1_000) / RATE,
        ...published.busy,
      };
    },
  };
}

function planFor(rooms: readonly string[]): Plan {
  return { rooms, roomsPerTick: RATE / TICKS_PER_SECOND, perTick: 1, pace: { perSecond: TICKS_PER_SECOND } };
}

/** After `warmUpMs`: milliseconds of processor time a second, of the worker that has the members and of Redis. */
async function watch(target: Target, redis: RedisInfo, warmUpMs: number, forMs: number) {
  await sleep(warmUpMs);
  const [worker, redisCpu, start] = [target.subscriberCpuMs(), cpuMs([redis.pid]), moment(target)];
  await sleep(forMs);
  const { ms, busy } = since(start, target);
  return {
    workerMs: ((target.subscriberCpuMs() - worker) / ms) * 1_000,
    redisMs: ((cpuMs([redis.pid]) - redisCpu) / ms) * 1_000,
    busy,
  };
}

/** How many more channels of Redis one worker listens to than the other: those of the rooms that it has members in. */
async function subscriptionsFor({ url }: RedisInfo): Promise<number> {
  const client = await createClient({ url }).connect();
  const list = String(await client.sendCommand(["CLIENT", "LIST", "TYPE", "pubsub"]));
  client.destroy();
  const counts = list.split("\n").flatMap((line) => {
    const found = [...line.matchAll(/ (?:sub|ssub)=(\d+)/g)];
    return found.length > 0 ? [found.reduce((sum, [, count]) => sum + Number(count), 0)] : [];
  });
  return Math.max(...counts) - Math.min(...counts);
}
