import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** `npm run verify -- <args>`: what it said, and its exit status. It ends what it has started when it is interrupted. */
export interface Verifier {
  readonly pid: number | undefined;
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  interrupt(): void;
}

export function startVerifier(...args: string[]): Verifier {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", "verify/main.ts", ...args], {
    cwd: ROOT,
    env: { PATH, HOME },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return {
    pid: child.pid,
    ended: once(child, "close").then(([code]) => ({ code: code as number | null, output })),
    interrupt: () => void child.kill("SIGTERM"),
  };
}
