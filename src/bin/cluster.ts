import { setTimeout as sleep } from "node:timers/promises";
import { Cluster } from "../cluster/primary.ts";
import { claimDataDir, readState } from "../cluster/state-file.ts";
import type { Config } from "../config.ts";
import { checkArguments, readConfig, removeEmbeddedData } from "./starting.ts";
import { welcome } from "./welcome.ts";

const HELP = `npm run cluster               nginx, workers and Redis on this machine, as cluster.config.ts describes them
npm run cluster -- --fresh    the same, after removing the embedded database and the secret in ./data
npm run cluster -- --reload   replaces the workers of the running cluster one by one, without refusing clients
npm run cluster -- --help     this text

Settings in the environment: those of npm start, and HUB_WORKERS, the number of workers (default: one per core). The
cluster needs nginx, and redis-server unless REDIS_URL is set. Ctrl-C or SIGTERM stops all of it.`;

async function main(args: readonly string[]): Promise<void> {
  checkArguments(args, ["--fresh", "--reload", "--help"], HELP);
  if (args.includes("--help")) return console.log(HELP);

  const config = await readConfig(process.env);
  if (args.includes("--reload")) return await requestReload(config);
  await claimDataDir(config.dataDir);
  if (args.includes("--fresh")) await removeEmbeddedData(config);

  // Handled from the start: a signal during the start has to stop the processes that have been started by then.
  let interrupted = (): void => {};
  const interruption = new Promise<void>((resolve) => {
    interrupted = resolve;
  });
  process.on("SIGINT", () => interrupted());
  process.on("SIGTERM", () => interrupted());

  const cluster = await Cluster.start({ config, env: process.env, output: process.stdout, say });
  process.on("SIGHUP", () => cluster.reload().catch((error: Error) => say(`The reload failed: ${error.message}`)));
  const description = config.mongodbUrl === undefined ? `embedded database in ${config.dataDir}` : "MongoDB";
  console.log(welcome(config, { doors: cluster.doors, store: { description }, parts: cluster.parts }));

  const failure = await Promise.race([interruption, cluster.failed]);
  await cluster.stop();
  if (failure) throw failure;
  process.exit(0);
}

/** Milliseconds that a reload may take beyond its draining. */
const RELOAD_MS = 60_000;

async function requestReload({ dataDir, cluster, workers }: Config): Promise<void> {
  const before = await readState(dataDir);
  if (!before) throw new Error(`No cluster runs with the data folder ${dataDir}; start one with npm run cluster`);
  process.kill(before.pid, "SIGHUP");
  const deadline = Date.now() + RELOAD_MS + (workers ?? before.workers.length) * (cluster.drainMs + RELOAD_MS);
  while (Date.now() < deadline) {
    const now = await readState(dataDir);
    if (!now) throw new Error("The cluster has ended");
    if (now.reloads.count > before.reloads.count) {
      if (now.reloads.error !== undefined) throw new Error(`The reload failed: ${now.reloads.error}`);
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
