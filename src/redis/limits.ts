import { createHash, randomUUID } from "node:crypto";
import type { Clock } from "../hub/clock.ts";
import { type Limits, localLimits } from "../hub/limits.ts";
import type { RedisConnection } from "./connection.ts";
import { SCRIPTS, type ScriptName } from "./limit-scripts.ts";
import type { Attendant, Redis } from "./redis.ts";

/** How long what a worker holds outlives it, in milliseconds. */
const LEASE_MS = 10_000;
const RENEW_MS = 2_000;

/** One slot of a Redis Cluster for all: the scripts look at several keys. */
const WORKERS = "{junction}:workers";
const HOLDERS = "{junction}:holds:";
const WINDOWS = "{junction}:window:";

/** One connection's name for this worker, and the scripts that were loaded over it. */
interface Holder {
  readonly name: string;
  readonly connection: RedisConnection;
  readonly shas: Readonly<Record<ScriptName, string>>;
}

export interface RedisLimits extends Limits {
  /** Gives back all that this worker holds; to be called before the link is closed. */
  leave(): Promise<void>;
}

/**
 * Limits and counts of all workers together, in Redis. What this worker holds is known here; Redis has a copy under a
 * name that is good for one connection, with a lease. Each new connection begins with a copy of its own, so that neither
 * an answer that was lost nor a Redis that was restarted empty leaves a count wrong.
 *
 * While Redis is lost each worker keeps to its share: the limit divided by the number of workers there were, at least 1.
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
      const asked = holder;
      const answer = asked && (await ask(asked, "take", [name, String(max)]));
      if (answer === 0) return undefined;
      if (answer === 1) return hold(name, asked);
      return (held.get(name) ?? 0) < share(max) ? hold(name, undefined) : undefined;
    },

    async attempt(key, max, windowMs) {
      const args = [String(max), String(windowMs), randomUUID()];
      const answer = holder && (await run(holder, "attempt", WINDOWS + digest(key), args).catch(() => undefined));
      if (answer === 0) return false;
      // Also what Redis allowed is recorded here, for the time when Redis may be lost.
      const allowedHere = await local.attempt(key, answer === 1 ? max : share(max), windowMs);
      return answer === 1 || allowedHere;
    },

    count: (name) => hold(`count:${name}`, undefined),

    async counted(name) {
      const answer = holder && (await ask(holder, "counted", [`count:${name}`]));
      return answer ?? held.get(`count:${name}`) ?? 0;
    },

    async leave() {
      const leaving = holder;
      holder = undefined;
      if (leaving) await ask(leaving, "leave", []);
    },
  };

  /** Notes one more under `name`; `copiedBy` is the holder under which Redis has noted it already. */
  function hold(name: string, copiedBy: Holder | undefined): () => void {
    held.set(name, (held.get(name) ?? 0) + 1);
    if (!copiedBy || copiedBy !== holder) tell(name, 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const left = (held.get(name) ?? 1) - 1;
      if (left > 0) held.set(name, left);
      else held.delete(name);
      tell(name, -1);
    };
  }

  function tell(name: string, change: 1 | -1): void {
    if (holder) void ask(holder, "add", [name, String(change)]);
  }

  function share(max: number): number {
    return Math.max(1, Math.floor(max / workers));
  }

  /** The script's answer; `undefined` when there is none, and then this connection is at its end. */
  async function ask(asked: Holder, script: ScriptName, args: readonly string[]): Promise<number | undefined> {
    try {
      const answer = await run(asked, script, WORKERS, [asked.name, HOLDERS, ...args]);
      if (answer >= 0) return answer;
      giveUp(asked, new Error("its lease has ended"));
    } catch (error) {
      giveUp(asked, error as Error);
    }
    return undefined;
  }

  function giveUp(asked: Holder, reason: Error): void {
    if (asked === holder) redis.fail(reason);
  }

  async function renew(mine: Holder): Promise<void> {
    if (mine !== holder) return;
    workers = (await ask(mine, "renew", [String(LEASE_MS)])) ?? workers;
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

/** Keys may hold what is nobody's business, such as a phone number; Redis gets to see none. */
function digest(key: string): string {
  return createHash("sha256").update(key).digest("base64url");
}
