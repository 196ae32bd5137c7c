import { networkInterfaces } from "node:os";
import { parseArgs } from "node:util";
import { readConfig } from "../src/bin/starting.ts";
import { Chaos, SHORTEST_CHAOS } from "./chaos.ts";
import { type Deployment, startDeployment } from "./deployment.ts";
import { FEWEST_SUBSCRIBERS } from "./mix.ts";
import { demoPeople, signedPeople } from "./people.ts";
import { run } from "./run.ts";

const HELP = `npm run verify -- [--url URL] [--minutes N] [--chaos]

Checks that a deployment delivers what it promises. Connects subscribers by both transports, makes known changes, and
then checks that each subscriber has each message once and in order, and the newest of each value.
Ends with 1 when a promise was broken.
  --url          the deployment; without it a cluster is started on this machine, and ended
  --minutes      duration of the changes, 1
  --subscribers  number of subscribers, 200
  --rate         changes per second, 20
  --chaos        kills a worker every 15 s and Redis now and then; only for a cluster on this machine
  --workers      workers of the cluster that is started, 4
  --jwt-secret   signs the tokens (or JWT_SECRET); without it the demo users log in
With --url it leaves its events, stations, bookings and tickets behind, named "Delivery check".`;

const OPTIONS = {
  url: { type: "string" },
  minutes: { type: "string", default: "1" },
  subscribers: { type: "string", default: "200" },
  rate: { type: "string", default: "20" },
  chaos: { type: "boolean", default: false },
  workers: { type: "string" },
  "jwt-secret": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** Seconds that a token has to live beyond the changes. */
const BEYOND = 300;

try {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) console.log(HELP);
  else process.exitCode = (await main(values)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

type Flags = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

async function main(flags: Flags): Promise<boolean> {
  const seconds = 60 * number("minutes", flags.minutes);
  const subscribers = number("subscribers", flags.subscribers, FEWEST_SUBSCRIBERS);
  const rate = number("rate", flags.rate);
  if (flags.chaos && seconds < SHORTEST_CHAOS) throw new Error("--chaos needs at least half a minute");
  const stopper = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopper.abort());

  const running = flags.url === undefined ? undefined : await findRunning(flags.url.replace(/\/$/, ""), flags);
  const own = running ? undefined : await startOwn(flags);
  const { url, jwtSecret, dataDir } = running ?? own ?? {};
  let kept = false;
  try {
    if (url === undefined) throw new Error("There is no deployment to check: give --url, or none to start one");
    const lives = seconds + BEYOND;
    const people = jwtSecret ? await signedPeople(jwtSecret, lives) : await demoPeople(url, lives);
    const chaos = flags.chaos && dataDir !== undefined ? await Chaos.of(dataDir, url) : undefined;
    kept = await run({ url, people, subscribers, rate, seconds, chaos, signal: stopper.signal });
    return kept;
  } finally {
    if (own && !kept) console.log(`The output of the cluster is in ${own.logFile}`);
    await own?.stop(!kept);
  }
}

interface Running {
  readonly url: string;
  readonly jwtSecret: string | undefined;
  readonly dataDir: string;
}

async function startOwn(flags: Flags): Promise<Deployment> {
  const workers = number("workers", flags.workers ?? "4", 1);
  console.log(`Starting a cluster of ${workers} workers …`);
  return startDeployment(workers);
}

async function findRunning(url: string, flags: Flags): Promise<Running> {
  if (flags.workers !== undefined) throw new Error("--workers is for the cluster that is started without --url");
  if (flags.chaos && !isThisMachine(new URL(url).hostname)) {
    throw new Error(`--chaos kills processes, and those of ${new URL(url).hostname} are not on this machine`);
  }
  await fetch(`${url}/healthz`).catch(() => {
    throw new Error(`No deployment answers at ${url}: start one with npm start, or leave out --url`);
  });
  const jwtSecret = flags["jwt-secret"] ?? process.env.JWT_SECRET;
  return { url, jwtSecret, dataDir: (await readConfig(process.env)).dataDir };
}

function isThisMachine(host: string): boolean {
  if (host === "localhost" || host === "[::1]" || host.startsWith("127.")) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === host));
}

function number(name: string, text: string, least = 0): number {
  const value = Number(text);
  if (value > 0 && value >= least) return value;
  throw new Error(`--${name} must be a number ${least > 0 ? `from ${least} up` : "above 0"}, not "${text}"`);
}
