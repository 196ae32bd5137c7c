// Builds the MongoDB server of the tests, FerretDB over SQLite, with Go, from test/support/ferretdb. The first build
// takes a minute or two. Later ones do nothing until the sources change. Without Go it prints that and succeeds: the
// tests then need MONGODB_URL or a mongod on the PATH.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "test/support/ferretdb");
const cache = join(root, "node_modules/.cache/junction");
const binary = join(cache, "ferretdb-1.24.2");
const stamp = `${binary}.sources`;

const sources = createHash("sha256");
for (const file of ["main.go", "go.mod", "go.sum"]) sources.update(readFileSync(join(source, file)));
const digest = sources.digest("hex");

if (existsSync(binary) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) {
  console.log("FerretDB 1.24.2 is built.");
} else {
  await build();
}

async function build() {
  console.log("Building FerretDB 1.24.2 for the MongoDB tests (once, a minute or two) …");
  mkdirSync(cache, { recursive: true });
  const started = Date.now();
  const progress = setInterval(() => console.log(`  … ${Math.round((Date.now() - started) / 1000)} s`), 15_000);
  // Two test runs may build at the same time: each builds a file of its own, which is then renamed in one step.
  const ownBinary = `${binary}.${process.pid}`;
  const go = spawn("go", ["build", "-trimpath", "-buildvcs=false", "-o", ownBinary, "."], {
    cwd: source,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const status = await new Promise((resolve) => {
    go.on("error", (error) => resolve(error.code));
    go.on("close", resolve);
  });
  clearInterval(progress);
  if (status === "ENOENT") {
    console.log("FerretDB was not built: Go is not installed (https://go.dev/dl/).");
    return;
  }
  if (status !== 0) {
    console.log(`FerretDB was not built: go build failed (${status}).`);
    process.exitCode = 1;
    return;
  }
  renameSync(ownBinary, binary);
  writeFileSync(stamp, digest);
  console.log(`FerretDB 1.24.2 is built (${Math.round((Date.now() - started) / 1000)} s).`);
}
