import { systemClock } from "../../src/hub/clock.ts";
import { redisLimits } from "../../src/redis/limits.ts";
import { Redis } from "../../src/redis/redis.ts";

/** A process that takes places and counts, says so, and stays until it is killed: `url key places`. */
const [url = "", key = "", places = "0"] = process.argv.slice(2);
const redis = new Redis(url, systemClock);
const limits = redisLimits(redis, systemClock);
await redis.start();
for (let i = 0; i < Number(places); i++) {
  await limits.take(key, Number(places));
  limits.count(key);
}
await limits.counted(key);
console.log("holding");
setInterval(() => {}, 60_000);
