import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { APPS } from "../apps/index.ts";
import { type Config, loadConfig } from "../config.ts";
import { openDoors } from "../http/doors.ts";

/**
 * Reads the configuration from the environment and from `cluster.config.ts` of the current folder. Prints its
 * warnings.
 */
export async function readConfig(env: Readonly<Record<string, string | undefined>>): Promise<Config> {
  const file = path.resolve("cluster.config.ts");
  const options = existsSync(file)
    ? ((await import(pathToFileURL(file).href)) as { default: unknown }).default
    : undefined;
  const config = loadConfig(env, options, APPS);
  for (const warning of config.warnings) console.error(`Warning: ${warning}`);
  return config;
}

/** Files in the data folder of a hub without MongoDB. */
const EMBEDDED_FILES = ["data.mdb", "lock.mdb", "jwt-secret"];

/** Removes the embedded database and the development secret from the data folder, and no other file. */
export async function removeEmbeddedData({ doors, dataDir, mongodbUrl }: Config): Promise<void> {
  if (mongodbUrl !== undefined)
    throw new Error("--fresh is for the embedded database; with MONGODB_URL, drop the database yourself");
  // Fails if a hub is still running, which has the ports and must not lose its data.
  await (await openDoors(doors, () => {})).stop(0);
  await Promise.all(EMBEDDED_FILES.map((name) => rm(path.join(dataDir, name), { recursive: true, force: true })));
}

/** Throws an `Error` with the command's help if an argument is not one of its options. */
export function checkArguments(args: readonly string[], known: readonly string[], help: string): void {
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown !== undefined) throw new Error(`There is no option ${unknown}.\n\n${help}`);
}
