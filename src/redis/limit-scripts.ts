/**
 * The scripts of the shared limits, each atomic in Redis. Common to all but `ATTEMPT`:
 * - `KEYS[1]`: the workers, a sorted set of holders by the end of their lease, in milliseconds of Redis's own clock;
 * - `ARGV[1]`: the holder of this worker, a name that is valid for its present connection;
 * - `ARGV[2]`: the prefix of the holders' keys. Each key is a hash of counts, by name.
 * The counts of a holder are valid as long as its lease, so there is no clean-up after a worker that died.
 * The result is -1 for a holder without a lease.
 */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

const SUM = `
local sum = 0
for _, holder in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')) do
  sum = sum + tonumber(redis.call('HGET', ARGV[2] .. holder, ARGV[3]) or '0')
end
`;

const CHECK_LEASE = `
local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not lease or tonumber(lease) < now then return -1 end
`;

/**
 * Begins a lease of `ARGV[3]` ms, in place of the holder `ARGV[4]`. Its counts are pairs of name and number from
 * `ARGV[5]`.
 */
const BEGIN = `${NOW}
redis.call('ZREM', KEYS[1], ARGV[4])
redis.call('DEL', ARGV[2] .. ARGV[4])
for i = 5, #ARGV, 2 do redis.call('HSET', ARGV[2] .. ARGV[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', ARGV[2] .. ARGV[1], ARGV[3] * 6)
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
return redis.call('ZCOUNT', KEYS[1], now, '+inf')
`;

/** Renews the lease for `ARGV[3]` ms. Returns the number of workers. */
const RENEW = `${NOW}${CHECK_LEASE}
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', ARGV[2] .. ARGV[1], ARGV[3] * 6)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZCARD', KEYS[1])
`;

/** Removes the holder with all its counts. */
const LEAVE = `
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('DEL', ARGV[2] .. ARGV[1])
return 0
`;

/** Takes one more of `ARGV[3]` and returns 1. Returns 0 when all workers together hold `ARGV[4]` already. */
const TAKE = `${NOW}${CHECK_LEASE}${SUM}
if sum >= tonumber(ARGV[4]) then return 0 end
redis.call('HINCRBY', ARGV[2] .. ARGV[1], ARGV[3], 1)
return 1
`;

/** Adds `ARGV[4]`, which may be negative, to the count of `ARGV[3]`. */
const ADD = `
local key = ARGV[2] .. ARGV[1]
if redis.call('HINCRBY', key, ARGV[3], ARGV[4]) <= 0 then redis.call('HDEL', key, ARGV[3]) end
return 0
`;

/** Returns the count of `ARGV[3]` over all workers. */
const COUNTED = `${NOW}${SUM}
return sum
`;

/**
 * Records the attempt `ARGV[3]` under `KEYS[1]` and returns 1. Returns 0 after `ARGV[1]` attempts within `ARGV[2]` ms.
 */
const ATTEMPT = `${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`;

export const SCRIPTS = {
  begin: BEGIN,
  renew: RENEW,
  leave: LEAVE,
  take: TAKE,
  add: ADD,
  counted: COUNTED,
  attempt: ATTEMPT,
} as const;

export type ScriptName = keyof typeof SCRIPTS;
