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
  /** Number of rooms that are published into. */
  readonly rooms: number;
  /** Number of those that have a member, all on the measured worker. */
  readonly occupied: number;
}

/** Messages per second, and the ticks per second that they are published in. */
const RATE = 5_000;
const TICKS_PER_SECOND = 250;

/**
 * Milliseconds of a whole round of default pings. In a shorter phase the pings to the worker's members may not count.
 */
const ONE_HEARTBEAT_MS = 30_000;

/** Returns the scenario of a worker that publishes into rooms without members: their cost on another worker. */
export function manyRooms({ rooms, occupied, contenders }: ManyRooms): Scenario {
  const names = Array.from({ length: rooms }, (_, i) => `room${i + 1}`);
  const [here, elsewhere] = [names.slice(0, occupied), names.slice(occupied)];
  return {
    name: `rooms-${rooms}`,
    title:
      `One worker publishes ${RATE.toLocaleString("en")} messages a second into ${elsewhere.length.toLocaleString("en")} ` +
      `rooms without members; another has members in ${occupied.toLocaleString("en")} others`,
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
      // So far no client was sent anything; now all clients are.
      await crowd.hasReceived(Object.fromEntries(here.map((room) => [room, 0])));
      const herePublishing = publish(target, planFor(here), crowd);
      const delivered = await watch(target, redis, warmUpMs, timedMs);
      await crowd.hasReceived(await herePublishing.stop());

      const quietCpuMs = (quietBefore.workerMs + quietAfter.workerMs) / 2;
      return {
        quietCpuMs,
        publishedCpuMs: published.workerMs,
        extraCpuMs: published.workerMs - quietCpuMs,
        subscriptions,
        redisUs: (published.redisMs * 1_000) / RATE,
        redisHeardUs: (delivered.redisMs * 1_000) / RATE,
        ...published.busy,
      };
    },
  };
}

function planFor(rooms: readonly string[]): Plan {
  return { rooms, roomsPerTick: RATE / TICKS_PER_SECOND, perTick: 1, pace: { perSecond: TICKS_PER_SECOND } };
}

/**
 * Resolves, after `warmUpMs`, to milliseconds of processor time per second: of the worker with members and of Redis.
 */
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

/** Resolves to the Redis subscriptions that one worker has more than the other: those for its members' rooms. */
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
