import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Job } from "./jobs.ts";

/** One more than there are cores: many specs wait for a part of their time. */
export const AT_ONCE = Number(process.env.TEST_PROCESSES ?? availableParallelism() + 1);

/** Runs jobs, several at once and the longest first. What a job says is shown when it ends, with what `sum` makes of it. */
export async function runAll(jobs: readonly Job[], sum: (job: Job, ended: Ended) => string): Promise<void> {
  const queue = jobs.toSorted((a, b) => b.seconds - a.seconds);
  let done = 0;
  async function lane(): Promise<void> {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const began = Date.now();
      let output = "";
      const status = await run(job, (chunk) => (output += chunk));
      const seconds = Math.round((Date.now() - began) / 1000);
      process.stdout.write(output);
      console.log(`[${++done}/${jobs.length}] ${job.name}: ${sum(job, { status, output })}, ${seconds} s`);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

export interface Ended {
  readonly status: number | null;
  /** All that it said. */
  readonly output: string;
}

/** Runs a job while nothing else runs. What it says is shown as it comes. */
export async function runAlone(job: Job): Promise<Ended> {
  console.log(`${job.name} …`);
  let output = "";
  const status = await run(job, (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  return { status, output };
}

function run({ command, env }: Job, show: (chunk: string) => void): Promise<number | null> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", show);
    child.once("error", reject);
    child.once("close", resolve);
  });
}
