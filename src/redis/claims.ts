import { createHash } from "node:crypto";
import type { Clock } from "../hub/clock.ts";
import type { Redis } from "./redis.ts";

/** How long publications of the same text are counted; milliseconds. A later one of that text starts a new count. */
const MOMENT_MS = 10_000;

/** How long the last worker that claimed on a channel stays its claimant; milliseconds. */
const CLAIMANT_MS = 2_000;

/** The wait of the other workers before they claim a publication that the claimant has left; milliseconds. */
const PATIENCE_MS = 1_000;

/**
 * Claims the `ARGV[1]`-th publication of the same text for the worker `ARGV[2]`. Returns 1 when the worker has it now,
 * 0 when another worker has it, -1 when another worker is the claimant. `ARGV[3]` is not empty after this worker has
 * waited; it then claims in any case.
 * `KEYS[1]`: the number of claimed publications of this text. `KEYS[2]`: the claimant of this channel.
 */
const CLAIM = `
if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[1]) or '0') then return 0 end
local claimant = redis.call('GET', KEYS[2])
if claimant and claimant ~= ARGV[2] and ARGV[3] == '' then return -1 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ${MOMENT_MS})
redis.call('SET', KEYS[2], ARGV[2], 'PX', ${CLAIMANT_MS})
return 1
`;

/**
 * Makes the function that claims publications. All workers receive each publication, and one of them claims it. As long
 * as that worker lives it claims all of a channel, so that these stay in order. `clock` is real time.
 */
export function createClaims(redis: Redis, clock: Clock): (channel: string, text: Buffer) => Promise<boolean> {
  /** By channel and text, the number of publications that this worker has received within `MOMENT_MS`. */
  const received = new Map<string, number>();

  return async (channel, text) => {
    const hash = createHash("sha256").update(text).digest("base64url");
    const name = `${channel}:${hash}`;
    const ordinal = (received.get(name) ?? 0) + 1;
    received.set(name, ordinal);
    clock.after(MOMENT_MS, () => {
      if (received.get(name) === ordinal) received.delete(name);
    });
    const first = await claim(channel, hash, ordinal, "");
    if (first !== -1) return first === 1;
    await new Promise<void>((resolve) => void clock.after(PATIENCE_MS, resolve));
    return (await claim(channel, hash, ordinal, "waited")) === 1;
  };

  /**
   * Runs the script. Returns 0 when Redis fails: the other workers then claim. Redis keeps no publications for a lost
   * worker, either.
   */
  async function claim(channel: string, hash: string, ordinal: number, waited: string): Promise<unknown> {
    const claimed = `{junction:inlet:${channel}}:${hash}`;
    const claimant = `{junction:inlet:${channel}}`;
    return redis
      .command(claimed, ["EVAL", CLAIM, "2", claimed, claimant, String(ordinal), redis.id, waited])
      .catch(() => 0);
  }
}
