import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Exit, Program, type ProgramOptions } from "./program.ts";

/** How long it has to come up; milliseconds. */
const UP_MS = 10_000;

/** A redis-server of our own, on a loopback port and with a password that only the workers know. It keeps nothing. */
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

  /** Starts it; rejects with what it said when it does not come up. Resolves with its end. */
  async start(): Promise<{ exited: Promise<Exit> }> {
    // By its standard input, since everybody on the machine can read the arguments of a program.
    const options = { input: `${this.#configuration}\n`, env: this.#env };
    const program = new Program("redis-server", "redis-server", ["-"], options);
    this.#program = program;
    for (const deadline = Date.now() + UP_MS; Date.now() < deadline; await sleep(20)) {
      if (program.hasExited) break;
      if (await listens(this.port)) return program;
    }
    await this.stop(0);
    throw new Error(`redis-server did not start:\n${program.lastWords}`);
  }

  async stop(ms: number): Promise<void> {
    await this.#program?.end("SIGTERM", ms);
  }
}

/** Whether somebody takes connections at a port of this machine. */
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
