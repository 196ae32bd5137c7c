import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Api, pick } from "./api.ts";
import { isExpected, scenes } from "./scenes.ts";

const HELP = `npm run demo [-- --url URL] [-- --rate N] [-- --seconds N]

Makes changes on a running hub with demo data: seats are sold, batteries swapped, technicians drive, people chat.
  --url      the hub, http://localhost:3000
  --rate     changes per second, 2
  --seconds  duration; without it until Ctrl-C`;

const OPTIONS = {
  url: { type: "string", default: "http://localhost:3000" },
  rate: { type: "string", default: "2" },
  seconds: { type: "string", default: "Infinity" },
  help: { type: "boolean", default: false },
} as const;

try {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) console.log(HELP);
  else await run(values.url, number("rate", values.rate), number("seconds", values.seconds));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error("\nIs the hub running, with its demo data? Start it with: npm start\n");
  console.error(HELP);
  process.exit(1);
}

async function run(url: string, rate: number, seconds: number): Promise<void> {
  const api = new Api(url.replace(/\/$/, ""));
  const all = scenes();
  const end = performance.now() + seconds * 1_000;
  console.log(`${rate} changes per second at ${url}; Ctrl-C ends it`);
  while (performance.now() < end) {
    try {
      console.log(await pick(all)(api));
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
    await sleep(1_000 / rate);
  }
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`--${name} must be a number above 0, not "${text}"`);
}
