import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const HERE = import.meta.dirname;

/** Runs `npm ci` in this folder if its packages are missing or older than the lockfile. Throws when that fails. */
export function installModules() {
  const marker = `${HERE}/node_modules/.package-lock.json`;
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(`${HERE}/package-lock.json`).mtimeMs) return;
  console.log("Installing Artillery into load/ (npm ci, some 220 MB) …");
  const { status } = spawnSync("npm", ["ci"], { cwd: HERE, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error("npm ci failed; see its message above");
}
