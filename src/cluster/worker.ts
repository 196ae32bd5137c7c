import { fileURLToPath } from "node:url";
import type { DoorConfig } from "../config.ts";
import { type Exit, Program, type ProgramOptions } from "./program.ts";

/** What a worker tells its primary: the ports of its doors, in their order; or that it is about to drain. */
export type FromWorker = { readonly ready: readonly number[] } | { readonly draining: true };

/** What the primary tells a worker: that nginx gives it no more clients. */
export interface ToWorker {
  readonly isOut: true;
}

export interface WorkerOptions {
  readonly name: string;
  readonly doors: readonly Pick<DoorConfig, "apps">[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output: NonNullable<ProgramOptions["output"]>;
  /** The worker is about to drain and waits for `send({ isOut: true })`. */
  readonly onDraining: (worker: WorkerProcess) => void;
}

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** A worker in a process of its own, listening on free loopback ports, one for each door. */
export class WorkerProcess {
  readonly name: string;
  readonly program: Program;
  /** The ports of its doors once it serves; `undefined` when it ended before. */
  readonly ready: Promise<readonly number[] | undefined>;
  readonly exited: Promise<Exit>;
  ports: readonly number[] | undefined;

  constructor({ name, doors, env, output, onDraining }: WorkerOptions) {
    this.name = name;
    this.program = new Program(name, process.execPath, ["--import", import.meta.resolve("tsx"), MAIN], {
      env: {
        ...env,
        HUB_WORKER: name,
        HUB_HOST: "127.0.0.1",
        // nginx is on this machine, and whoever else is could be it.
        HUB_PROXIES: "loopback",
        HUB_DOORS: doors.map(({ apps }) => `0:${apps.join(",")}`).join(";"),
      },
      speaks: true,
      output,
    });
    this.exited = this.program.exited;
    this.ready = new Promise((resolve) => {
      this.program.onMessage((message) => {
        const said = message as FromWorker;
        if ("ready" in said) {
          this.ports = said.ready;
          resolve(said.ready);
        } else if ("draining" in said) onDraining(this);
      });
      void this.exited.then(() => resolve(undefined));
    });
  }

  send(message: ToWorker): void {
    this.program.send(message);
  }
}
