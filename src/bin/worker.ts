import { SERVED } from "../apps/index.ts";
import type { FromWorker, ToWorker } from "../cluster/worker.ts";
import { startJunction } from "../junction.ts";
import { createLog } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics.ts";
import { checkArguments, readConfig, removeEmbeddedData } from "./starting.ts";
import { welcome } from "./welcome.ts";

const HELP = `npm start              one worker with an embedded database in ./data and demo data
npm start -- --fresh   the same, after removing the embedded database and the secret in ./data
npm start -- --help    this text

Settings in the environment: PORT, HUB_DOORS, HUB_DATA_DIR, MONGODB_URL, REDIS_URL, JWT_SECRET, JWKS_URL, NODE_ENV,
METRICS_TOKEN; the rest in cluster.config.ts. Ctrl-C (SIGINT) stops it at once; SIGTERM first moves its clients off.`;

async function main(args: readonly string[]): Promise<void> {
  checkArguments(args, ["--fresh", "--help"], HELP);
  if (args.includes("--help")) return console.log(HELP);

  const config = await readConfig(process.env);
  if (args.includes("--fresh")) await removeEmbeddedData(config);

  const log = createLog({ level: config.logLevel, worker: config.worker });
  const junction = await startJunction(config, { ...SERVED, log });
  let isStopping = false;
  const stop = async (end: () => Promise<void>): Promise<void> => {
    // A signal may arrive twice, from the terminal and from npm. The second is ignored.
    if (isStopping) return;
    isStopping = true;
    await end();
    process.exit(0);
  };
  process.on("SIGINT", () => stop(() => junction.close()));
  process.on("SIGTERM", () => stop(() => junction.drain()));
  if (process.send) serveUnderPrimary(junction.metrics, () => stop(() => junction.close()));
  else console.log(welcome(config, junction));
}

/** Connects a worker of `npm run cluster` to its primary: reports that it serves, and stops when the primary ends. */
function serveUnderPrimary(metrics: Metrics, stop: () => Promise<void>): void {
  process.on("disconnect", stop);
  process.on("message", async ({ wanted }: ToWorker) => {
    if (wanted === "metrics") send({ metrics: await metrics.data() });
  });
  send({ ready: true });
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
