import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { APPS } from "../apps/index.ts";
import { type Config, loadConfig } from "../config.ts";
import { openDoors } from "../http/doors.ts";

/** The configuration from the environment and from `cluster.config.ts` of the current folder, its warnings told. */
export async function readConfig(env: Readonly<Record<string, string | undefined>>): Promise<Config> {
  const file = path.resolve("cluster.config.ts");
  const options = existsSync(file)
    ? ((await import(pathToFileURL(file).href)) as { default: unknown }).default
    : undefined;
  const config = loadConfig(env, options, APPS);
  for (const warning of config.warnings) console.error(`Warning: ${warning}`);
  return config;
}

/** What a hub without MongoDB keeps in its data folder. */
const EMBEDDED_FILES = ["data.mdb", "lock.mdb", "jwt-secret"];

/** Removes what the embedded database keeps in the data folder; nothing else that may be there. */
export async function beginAnew({ doors, dataDir, mongodbUrl }: Config): Promise<void> {
  if (mongodbUrl !== undefined)
    throw new Error("--fresh is for the embedded database; with MONGODB_URL, drop the database yourself");
  // A hub that is still running would lose its data under its hands; it has the ports.
  await (await openDoors(doors, () => {})).stop(0);
  await Promise.all(EMBEDDED_FILES.map((name) => rm(path.join(dataDir, name), { recursive: true, force: true })));
}

/** The options of a command, each known; throws with the command's help when one is not. */
export function checkArguments(args: readonly string[], known: readonly string[], help: string): void {
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown !== undefined) throw new Error(`There is no option ${unknown}.\n\n${help}`);
}
