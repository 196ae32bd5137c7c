// Everything CI runs, in order: lint and format, types, the specs, those of the APIs with other windows, the speed guard.
// Ends with "N passed, N failed".
// Arguments go to mocha: npm test -- test/store
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

const HELP = `npm test                    lint, types, all specs, the APIs' again with other windows, the speed guard (bench/README.md)
npm test -- test/store      the same with the specs of one folder
npm test -- --grep "seats"  … or of one subject (any mocha option)`;

const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(HELP);
  process.exit(0);
}

let passed = 0;
let failed = 0;
let skipped = 0;

await step("Lint and format", "node_modules/.bin/biome", ["check", "--error-on-warnings", "."]);
await step("Types", "node_modules/.bin/tsc", ["--noEmit"]);
await command(process.execPath, ["scripts/build-ferretdb.mjs"]);
const isWhole = args.length === 0;
// A spec that judges the whole suite has to know that it is one.
const specs = await mocha(args, isWhole ? { ALL_SPECS: "1" } : {});

// The APIs are the same whatever the hub waits before it writes: the windows that the benchmark has beside the default.
if (isWhole) {
  for (const COALESCE_MS of ["0", "2"]) {
    console.log(`The conformance suite with a window of ${COALESCE_MS} ms …`);
    await mocha(["test/conformance", "--reporter", "dot"], { COALESCE_MS });
  }
}

// Whether it is as fast as it was: measured once more where it seems not to be, since other programs may have been busy.
if (isWhole && failed === 0) {
  const guard = ["--import", "tsx", "bench/main.ts", "--quick", "--guard"];
  console.log("Speed beside bare ws, as a ratio …");
  const first = await command(process.execPath, guard);
  const { status } = first.status === 0 ? first : await command(process.execPath, guard);
  if (status === 0) passed++;
  else failed++;
}

for (const [, servers] of specs.output.matchAll(/^ *MongoDB tests (.*)$/gm))
  console.log(`Embedded database: ran; MongoDB: ${servers}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;

/** Runs specs and counts them. `env` is added to what they inherit. */
async function mocha(mochaArgs, env) {
  const program = ["node_modules/mocha/bin/mocha.js", ...specsFrom(mochaArgs)];
  const run = await command(process.execPath, program, { ...process.env, ...env });
  const count = (word) => Number(new RegExp(`^ {2}(\\d+) ${word}`, "m").exec(run.output)?.[1] ?? 0);
  passed += count("passing");
  failed += count("failing");
  skipped += count("pending");
  // Mocha can fail without a failing spec, for example when a file does not load.
  if (run.status !== 0 && count("failing") === 0) failed++;
  return run;
}

/** All specs, unless the arguments name some; a folder stands for the specs in it. */
function specsFrom(mochaArgs) {
  const isPath = (arg) => /^(\.\/)?test(\/|$)/.test(arg);
  const paths = mochaArgs.filter(isPath);
  const globs = (paths.length > 0 ? paths : ["test"]).map((name) =>
    name.endsWith(".ts") ? name : `${name}/**/*.test.ts`,
  );
  return [...globs, ...mochaArgs.filter((arg) => !isPath(arg))];
}

async function step(name, program, programArgs) {
  console.log(`${name} …`);
  const { status } = await command(program, programArgs);
  if (status === 0) passed++;
  else failed++;
}

/** Runs a program with its output shown as it comes, and kept. */
function command(program, programArgs, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(program, programArgs, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.stderr.pipe(process.stderr, { end: false });
    child.on("close", (status) => resolve({ status, output }));
  });
}
