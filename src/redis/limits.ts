import { createHash, randomUUID } from "node:crypto";
import type { Clock } from "../hub/clock.ts";
import { type Limits, localLimits } from "../hub/limits.ts";
import type { RedisConnection } from "./connection.ts";
import { SCRIPTS, type ScriptName } from "./limit-scripts.ts";
import type { Attendant, Redis } from "./redis.ts";

/** How long the counts of a worker outlive it; milliseconds. */
const LEASE_MS = 10_000;
/** The interval at which the lease is renewed; milliseconds. */
const RENEW_MS = 2_000;

/** The keys in Redis. All are in one slot of a Redis Cluster, because a script reads several of them. */
const WORKERS = "{junction}:workers";
const HOLDERS = "{junction}:holds:";
const WINDOWS = "{junction}:window:";

/** The name of this worker for one connection, and the scripts that were loaded over it. */
interface Holder {
  readonly name: string;
  readonly connection: RedisConnection;
  readonly shas: Readonly<Record<ScriptName, string>>;
}

export interface RedisLimits extends Limits {
  /** Releases all that this worker holds. To be called before the link is closed. */
  leave(): Promise<void>;
}

/**
 * Makes the limits and counts of all workers together, in Redis. This worker has its own counts in memory. Redis has a
 * copy of them, with a lease, under a name that is valid for one connection. Each new connection begins with a new
 * copy, so that neither a lost answer nor a Redis that was restarted empty leaves a count wrong.
 *
 * While Redis is lost each worker keeps to its share: the limit divided by the last number of workers, at least 1.
 * `clock` is real time.
 */
export function redisLimits(redis: Redis, clock: Clock): RedisLimits {
  const held = new Map<string, number>();
  const local = localLimits(clock);
  let workers = 1;
  let holder: Holder | undefined;
  let lastName = "none";

  const attendant: Attendant = {
    async begin(connection) {
      const shas = await load(connection);
      const next: Holder = { name: `${redis.id}:${randomUUID()}`, connection, shas };
      const copy = [...held].flatMap(([name, count]) => [name, String(count)]);
      const begun = run(next, "begin", WORKERS, [next.name, HOLDERS, String(LEASE_MS), lastName, ...copy]);
      // From here on every change follows the copy, on the same connection and so in this order.
      holder = next;
      lastName = next.name;
      workers = await begun;
      clock.after(RENEW_MS, () => renew(next));
    },
    end() {
      holder = undefined;
    },
  };
  redis.attend(attendant);

  return {
    async take(key, max) {
      const name = `take:${digest(key)}`;
      const current = holder;
      const answer = current && (await request(current, "take", [name, String(max)]));
      if (answer === 0) return undefined;
      if (answer === 1) return hold(name, current);
      return (held.get(name) ?? 0) < share(max) ? hold(name, undefined) : undefined;
    },

    async attempt(key, max, windowMs) {
      const args = [String(max), String(windowMs), randomUUID()];
      const answer = holder && (await run(holder, "attempt", WINDOWS + digest(key), args).catch(() => undefined));
      if (answer === 0) return false;
      // An attempt that Redis allowed is recorded here too, for a time when Redis is lost.
      const allowedHere = await local.attempt(key, answer === 1 ? max : share(max), windowMs);
      return answer === 1 || allowedHere;
    },

    count: (name) => hold(`count:${name}`, undefined),

    async counted(name) {
      const answer = holder && (await request(holder, "counted", [`count:${name}`]));
      return answer ?? held.get(`count:${name}`) ?? 0;
    },

    async leave() {
      const leaving = holder;
      holder = undefined;
      if (leaving) await request(leaving, "leave", []);
    },
  };

  /** Adds one to the count of `name`. `copiedBy`: the holder under which Redis has counted it already. */
  function hold(name: string, copiedBy: Holder | undefined): () => void {
    held.set(name, (held.get(name) ?? 0) + 1);
    if (!copiedBy || copiedBy !== holder) addInRedis(name, 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = (held.get(name) ?? 1) - 1;
      if (left > 0) held.set(name, left);
      else held.delete(name);
      addInRedis(name, -1);
    };
  }

  function addInRedis(name: string, change: 1 | -1): void {
    if (holder) void request(holder, "add", [name, String(change)]);
  }

  function share(max: number): number {
    return Math.max(1, Math.floor(max / workers));
  }

  /** Resolves to the script's answer; `undefined` when there is none, and then ends the connection. */
  async function request(by: Holder, script: ScriptName, args: readonly string[]): Promise<number | undefined> {
    try {
      const answer = await run(by, script, WORKERS, [by.name, HOLDERS, ...args]);
      if (answer >= 0) return answer;
      failIfCurrent(by, new Error("its lease has ended"));
    } catch (error) {
      failIfCurrent(by, error as Error);
    }
    return undefined;
  }

  function failIfCurrent(by: Holder, reason: Error): void {
    if (by === holder) redis.fail(reason);
  }

  async function renew(mine: Holder): Promise<void> {
    if (mine !== holder) return;
    workers = (await request(mine, "renew", [String(LEASE_MS)])) ?? workers;
    clock.after(RENEW_MS, () => renew(mine));
  }
}

async function load(connection: RedisConnection): Promise<Holder["shas"]> {
  const names = Object.keys(SCRIPTS) as ScriptName[];
  const loaded = names.map(async (name) => [
    name,
    String(await connection.command(WORKERS, ["SCRIPT", "LOAD", SCRIPTS[name]])),
  ]);
  return Object.fromEntries(await Promise.all(loaded)) as Holder["shas"];
}

async function run(
  { connection, shas }: Holder,
  script: ScriptName,
  key: string,
  args: readonly string[],
): Promise<number> {
  return Number(await connection.command(key, ["EVALSHA", shas[script], "1", key, ...args]));
}

/** Returns the SHA-256 of a key. Keys may hold private data, such as a phone number, which must not get to Redis. */
function digest(key: string): string {
  return createHash("sha256").update(key).digest("base64url");
}
