// Everything CI runs: lint and format, types, the specs, those of the APIs with other windows, the speed guard.
// Ends with "N passed, N failed". Arguments go to mocha: npm test -- test/store
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readDurations, writeDurations } from "./durations.ts";
import { type Job, specJob, specJobs } from "./jobs.ts";
import { AT_ONCE, runAll, runAlone } from "./pool.ts";
import { startsProcesses } from "./processes.ts";
import { findSpecs, splitArguments } from "./specs.ts";
import { Tally } from "./tally.ts";

process.chdir(path.resolve(import.meta.dirname, "../.."));

const HELP = `npm test                    lint, types, all specs, the APIs' again with other windows, the speed guard (bench/README.md)
npm test -- --fast          lint, types, and the specs that start no process of their own, in a minute and a half; it says how many
npm test -- test/store      lint, types, and the specs of one folder
npm test -- --grep "seats"  … or of one subject (any mocha option but --reporter)`;

/** The windows (`coalesceMs`) that the benchmark has beside the default. The APIs must be the same with each. */
const OTHER_WINDOWS = ["0", "2"];
/** Judges what all other specs have seen. */
const PROOFS_SPEC = "test/proofs.test.ts";

const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(HELP);
  process.exit(0);
}
const isFast = args.includes("--fast");
const { paths, options } = splitArguments(args.filter((arg) => arg !== "--fast"));
const isWhole = !isFast && paths.length === 0 && options.length === 0;

const folder = await mkdtemp(path.join(tmpdir(), "junction-tests-"));
const proofs = path.join(folder, "proofs");
await mkdir(proofs);
const durations = readDurations();
const tally = new Tally();

const found = findSpecs(paths);
const specs = isFast ? found.filter((spec) => !startsProcesses(spec)) : found;
const env = { PROOFS: proofs, ...(isFast && { FAST: "1" }) };
// Options may choose some specs of all files, or ask for an output that makes sense as a whole.
const ofSpecs =
  options.length > 0
    ? [specJob(specs, { folder, env, options })]
    : specJobs(specs, durations, { folder, env, ...(isFast && { processes: AT_ONCE }) });

const jobs: Job[] = [
  { name: "Lint and format", command: ["node_modules/.bin/biome", "check", "--error-on-warnings", "."], seconds: 999 },
  { name: "Types", command: ["node_modules/.bin/tsc", "--noEmit"], seconds: 999 },
  ...ofSpecs,
];
if (isWhole) {
  const conformance = specs.filter((spec) => spec.startsWith("test/conformance/"));
  for (const COALESCE_MS of OTHER_WINDOWS) {
    const note = `, with a window of ${COALESCE_MS} ms`;
    jobs.push(...specJobs(conformance, durations, { folder, env: { ...env, COALESCE_MS }, note }));
  }
}

const build: Job = { name: "MongoDB server", command: [process.execPath, "scripts/build-ferretdb.mjs"], seconds: 0 };
if (!isFast) await runAlone(build);
await runAll(jobs, (job, ended) => tally.add(job, ended));

if (isWhole) {
  const judge = specJob([PROOFS_SPEC], { folder, env: { ...env, JUDGE_PROOFS: "1" } });
  tally.add(judge, await runAlone(judge));
}
// Measures the speed, once more where it seems to have fallen, since other programs may have been busy. It is a warning and
// no failure: on a machine that others use too, `room-1` of one and the same commit varied fivefold within a minute.
let speed = "";
if (isWhole && tally.failed === 0) {
  const command = [process.execPath, "--import", "tsx", "bench/main.ts", "--quick", "--guard"] as const;
  const guard: Job = { name: "Speed beside bare ws, as a ratio", command, seconds: 0 };
  const first = await runAlone(guard);
  const isSlower = first.status !== 0 && (await runAlone(guard)).status !== 0;
  if (isSlower)
    speed = "WARNING: slower than recorded beside bare ws, twice; compare on a quiet machine (bench/README.md)";
}

writeDurations({ ...durations, ...tally.seconds });
await rm(folder, { recursive: true });

console.log(`\nThe slowest spec files:\n${tally.slowest(10)}\n`);
if (isFast)
  console.log(`A part of the tests: ${specs.length} of ${found.length} spec files, those that start no process.`);
for (const server of tally.servers) console.log(`Embedded database: ran; MongoDB: ${server}`);
if (speed !== "") console.log(speed);
console.log(tally.toString());
process.exitCode = tally.failed > 0 ? 1 : 0;
