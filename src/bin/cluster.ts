import { setTimeout as sleep } from "node:timers/promises";
import { Cluster } from "../cluster/primary.ts";
import { claimDataDir, readState } from "../cluster/state-file.ts";
import type { Config } from "../config.ts";
import { beginAnew, checkArguments, readConfig } from "./starting.ts";
import { welcome } from "./welcome.ts";

const HELP = `npm run cluster               nginx, workers and Redis on this machine, as cluster.config.ts describes them
npm run cluster -- --fresh    the same, beginning anew: what is in ./data is removed
npm run cluster -- --reload   replaces the workers of the running cluster one by one, with nobody refused
npm run cluster -- --help     this text

Settings, in the environment: those of npm start, and HUB_WORKERS, how many workers (one per core). The cluster needs
nginx, and redis-server where REDIS_URL is not given. Ctrl-C or SIGTERM ends all of it.`;

async function main(args: readonly string[]): Promise<void> {
  checkArguments(args, ["--fresh", "--reload", "--help"], HELP);
  if (args.includes("--help")) return console.log(HELP);

  const config = await readConfig(process.env);
  if (args.includes("--reload")) return await askForReload(config);
  await claimDataDir(config.dataDir);
  if (args.includes("--fresh")) await beginAnew(config);

  // Told from the first moment on: what has been started by then has to be ended.
  let interrupted = (): void => {};
  const interruption = new Promise<void>((resolve) => {
    interrupted = resolve;
  });
  process.on("SIGINT", () => interrupted());
  process.on("SIGTERM", () => interrupted());

  const cluster = await Cluster.start({ config, env: process.env, output: process.stdout, say });
  process.on("SIGHUP", () => cluster.reload().catch((error: Error) => say(`The reload has failed: ${error.message}`)));
  const description = config.mongodbUrl === undefined ? `embedded database in ${config.dataDir}` : "MongoDB";
  console.log(welcome(config, { doors: cluster.doors, store: { description }, parts: cluster.parts }));

  const failure = await Promise.race([interruption, cluster.failed]);
  await cluster.stop();
  if (failure) throw failure;
  process.exit(0);
}

/** How long a reload may take beyond its draining; milliseconds. */
const RELOAD_MS = 60_000;

async function askForReload({ dataDir, cluster, workers }: Config): Promise<void> {
  const before = await readState(dataDir);
  if (!before) throw new Error(`No cluster runs with the data folder ${dataDir}`);
  process.kill(before.pid, "SIGHUP");
  const deadline = Date.now() + RELOAD_MS + (workers ?? before.workers.length) * (cluster.drainMs + RELOAD_MS);
  while (Date.now() < deadline) {
    const now = await readState(dataDir);
    if (!now) throw new Error("The cluster has ended");
    if (now.reloads.count > before.reloads.count) {
      if (now.reloads.error !== undefined) throw new Error(`The reload has failed: ${now.reloads.error}`);
      return console.log(`Reloaded: ${now.workers.map(({ name }) => name).join(", ")}`);
    }
    await sleep(100);
  }
  throw new Error("The cluster has not reloaded in time");
}

function say(line: string): void {
  console.error(line);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
