import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { startJunction } from "./app.ts";
import { APPS } from "./channels/index.ts";
import { type Config, loadConfig } from "./config.ts";
import { openDoors } from "./http/doors.ts";
import { createLog } from "./observability/log.ts";
import { welcome } from "./welcome.ts";

const HELP = `npm start              one worker with its own database in ./data and demo data
npm start -- --fresh   the same, beginning anew: what is in ./data is removed
npm start -- --help    this text

Settings, in the environment: PORT, HUB_DOORS, HUB_DATA_DIR, MONGODB_URL, JWT_SECRET, JWKS_URL, NODE_ENV;
the rest in cluster.config.ts.`;

const OPTIONS = ["--fresh", "--help"];

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find((arg) => !OPTIONS.includes(arg));
  if (unknown !== undefined) throw new Error(`There is no option ${unknown}.\n\n${HELP}`);
  if (args.includes("--help")) return console.log(HELP);

  const names = APPS.map(({ name }) => name);
  const config = loadConfig(process.env, await readConfigFile(), names);
  for (const warning of config.warnings) console.error(`Warning: ${warning}`);
  if (args.includes("--fresh")) await beginAnew(config);

  const junction = await startJunction(config, { log: createLog({ level: config.logLevel, worker: config.worker }) });
  let isStopping = false;
  const stop = async (): Promise<void> => {
    // A signal may come twice, from the terminal and from npm; the second changes nothing.
    if (isStopping) return;
    isStopping = true;
    await junction.close();
    process.exit(0);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  console.log(welcome(config, junction));
}

/** What a hub without MongoDB keeps in its data folder. */
const EMBEDDED_FILES = ["data.mdb", "lock.mdb", "jwt-secret"];

/** Removes what the embedded database keeps in the data folder; nothing else that may be there. */
async function beginAnew({ doors, dataDir, mongodbUrl }: Config): Promise<void> {
  if (mongodbUrl !== undefined)
    throw new Error("--fresh is for the embedded database; with MONGODB_URL, drop the database yourself");
  // A hub that is still running would lose its data under its hands; it has the ports.
  await (await openDoors(doors, () => {})).stop(0);
  await Promise.all(EMBEDDED_FILES.map((name) => rm(path.join(dataDir, name), { recursive: true, force: true })));
}

async function readConfigFile(): Promise<unknown> {
  const file = path.resolve("cluster.config.ts");
  return existsSync(file) ? ((await import(pathToFileURL(file).href)) as { default: unknown }).default : undefined;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
