import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { freePort } from "./free-port.ts";

/** A worker in a process of its own, which can die without a word. */
export interface WorkerProcess {
  readonly url: string;
  readonly child: ChildProcess;
}

/** Starts `script` as a worker at a free port; resolves when it says that it is ready, rejects when it ends before. */
export async function startWorker(
  script: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<WorkerProcess> {
  const port = await freePort();
  const child = fork(script, args, {
    execArgv: ["--import=tsx"],
    env: { PATH: process.env.PATH, PORT: String(port), ...settings },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit").then(() => Promise.reject(new Error("the worker ended")));
  // Later, its end is for others to notice.
  ended.catch(() => {});
  await Promise.race([once(child, "message"), ended]);
  return { url: `http://127.0.0.1:${port}`, child };
}

/** Kills it if it is still there. Resolves when it is gone. */
export async function kill({ child }: WorkerProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
