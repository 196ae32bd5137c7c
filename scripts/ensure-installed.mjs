// Installs the dependencies of a fresh clone: runs `npm ci` if node_modules is missing or older than the lockfile. With
// --test it also installs the programs that the tests start. Plain JavaScript, because it runs before any installation.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

/** The programs that the tests start, with their Debian packages. */
const PROGRAMS = { "redis-server": "redis-server", nginx: "nginx", chromium: "chromium" };

installModules();
if (process.argv.includes("--test")) installPrograms();

function installModules() {
  const marker = "node_modules/.package-lock.json";
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync("package-lock.json").mtimeMs) return;
  console.log("Installing the npm packages (npm ci) …");
  run("npm", ["ci", "--no-audit", "--no-fund"], "npm ci failed; see its message above");
}

function installPrograms() {
  const missing = Object.keys(PROGRAMS).filter((program) => !isOnPath(program));
  if (missing.length === 0) return;
  const packages = missing.map((program) => PROGRAMS[program]).join(" ");
  if (!isDebian() || process.getuid?.() !== 0) {
    console.error(`The tests need ${missing.join(", ")}. On Debian or Ubuntu: sudo apt-get install ${packages}`);
    process.exit(1);
  }
  console.log(`Installing ${packages} (apt-get) …`);
  process.env.DEBIAN_FRONTEND = "noninteractive";
  run("apt-get", ["update", "-q"], "apt-get update failed");
  const install = ["install", "-y", "-q", "--no-install-recommends", ...packages.split(" ")];
  run("apt-get", install, `apt-get could not install ${packages}`);
}

function isOnPath(program) {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return folders.some((folder) => existsSync(`${folder}/${program}`));
}

function isDebian() {
  return (
    existsSync("/etc/os-release") && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync("/etc/os-release", "utf8"))
  );
}

function run(command, args, complaint) {
  const { status } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (status === 0) return;
  console.error(complaint);
  process.exit(1);
}
