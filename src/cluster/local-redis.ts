import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Exit, Program, type ProgramOptions } from "./program.ts";

/** Milliseconds within which Redis must accept connections. */
const START_MS = 10_000;

/** A redis-server for this cluster alone, on a loopback port, with a random password for the workers. It persists nothing. */
export class LocalRedis {
  readonly url: string;
  readonly port: number;
  readonly #env: NonNullable<ProgramOptions["env"]>;
  readonly #configuration: string;
  #program: Program | undefined;

  constructor(port: number, folder: string, env: NonNullable<ProgramOptions["env"]>) {
    this.#env = env;
    const password = randomBytes(24).toString("hex");
    this.port = port;
    this.url = `redis://:${password}@127.0.0.1:${port}`;
    this.#configuration = [
      `port ${port}`,
      "bind 127.0.0.1",
      `requirepass ${password}`,
      'save ""',
      "appendonly no",
      "loglevel warning",
      `dir "${folder}"`,
    ].join("\n");
  }

  get pid(): number | undefined {
    return this.#program?.pid;
  }

  /** Starts Redis and resolves with a handle on its end. Rejects with an `Error` that has its output when it does not start. */
  async start(): Promise<{ exited: Promise<Exit> }> {
    // The configuration goes by standard input: every user of the machine can read the arguments of a program.
    const options = { input: `${this.#configuration}\n`, env: this.#env };
    const program = new Program("redis-server", "redis-server", ["-"], options);
    this.#program = program;
    for (const deadline = Date.now() + START_MS; Date.now() < deadline; await sleep(20)) {
      if (program.hasExited) break;
      if (await listens(this.port)) return program;
    }
    await this.stop(0);
    throw new Error(`redis-server did not start:\n${program.lastOutput}`);
  }

  /** Ends Redis; kills it if it has not ended after `ms` milliseconds. */
  async stop(ms: number): Promise<void> {
    await this.#program?.end("SIGTERM", ms);
  }
}

/** Resolves to true when a program accepts connections on a loopback port. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
