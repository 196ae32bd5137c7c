import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { listens } from "../../src/cluster/local-redis.ts";
import { Program, type ProgramOptions } from "../../src/cluster/program.ts";

/** Milliseconds that a program has to come up, and to end by itself. */
const UP_MS = 20_000;
const DOWN_MS = 3_000;

/** Starts a program that listens at `port`. Rejects with its output when it does not come up. */
export async function startListening(
  name: string,
  command: string,
  args: readonly string[],
  port: number,
  options: ProgramOptions = {},
): Promise<Program> {
  const program = new Program(name, command, args, options);
  for (const deadline = Date.now() + UP_MS; Date.now() < deadline && !program.hasExited; await sleep(20)) {
    if (await listens(port)) return program;
  }
  await stop(program);
  throw new Error(`${name} did not start:\n${program.lastOutput}`);
}

export async function stop(program: Program): Promise<void> {
  await program.end("SIGTERM", DOWN_MS);
}

export function pidOf({ pid, name }: Program): number {
  if (pid === undefined) throw new Error(`${name} did not start`);
  return pid;
}

/** Resolves to a port that was free a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Resolves to the output of a command on both streams; `undefined` when there is no such command, or it fails. */
export async function outputOf(command: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { timeout: 10_000 });
    return `${stdout}${stderr}`;
  } catch {
    return undefined;
  }
}
