import { createHash } from "node:crypto";
import type { Clock } from "../hub/clock.ts";
import type { Redis } from "./redis.ts";

/** How long the publications of one moment are told apart from those of another; milliseconds. */
const MOMENT_MS = 10_000;

/** How long the worker that has claimed last is the one that claims; milliseconds. */
const USUAL_MS = 2_000;

/** How long the others leave a publication to it. */
const PATIENCE_MS = 1_000;

/**
 * Claims the `ARGV[1]`-th publication of the same text: 1 for the worker `ARGV[2]` that has it now, 0 when another has it,
 * -1 when it is for another to claim, unless `ARGV[3]` says that this worker has waited.
 * `KEYS[1]`: how many of this text are claimed. `KEYS[2]`: who claims, as a rule, what comes by this channel.
 */
const CLAIM = `
if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[1]) or '0') then return 0 end
local usual = redis.call('GET', KEYS[2])
if usual and usual ~= ARGV[2] and ARGV[3] == '' then return -1 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ${MOMENT_MS})
redis.call('SET', KEYS[2], ARGV[2], 'PX', ${USUAL_MS})
return 1
`;

/**
 * Makes one of the workers that all receive the same publications take each of them. As long as it lives it is the same
 * worker for a channel, so that what it takes stays in order. `clock` is real time.
 */
export function createClaims(redis: Redis, clock: Clock): (channel: string, text: Buffer) => Promise<boolean> {
  /** How many of the same text this worker has received within a moment. */
  const received = new Map<string, number>();

  return async (channel, text) => {
    const hash = createHash("sha256").update(text).digest("base64url");
    const name = `${channel}:${hash}`;
    const ordinal = (received.get(name) ?? 0) + 1;
    received.set(name, ordinal);
    clock.after(MOMENT_MS, () => {
      if (received.get(name) === ordinal) received.delete(name);
    });
    const first = await ask(channel, hash, ordinal, "");
    if (first !== -1) return first === 1;
    await new Promise<void>((resolve) => void clock.after(PATIENCE_MS, resolve));
    return (await ask(channel, hash, ordinal, "waited")) === 1;
  };

  /** What cannot be claimed now is another's: Redis keeps no publications for those who were away, either. */
  async function ask(channel: string, hash: string, ordinal: number, waited: string): Promise<unknown> {
    const claimed = `{junction:inlet:${channel}}:${hash}`;
    const usual = `{junction:inlet:${channel}}`;
    return redis
      .command(claimed, ["EVAL", CLAIM, "2", claimed, usual, String(ordinal), redis.id, waited])
      .catch(() => 0);
  }
}
