import { fileURLToPath } from "node:url";
import type { DoorConfig } from "../config.ts";
import { type Exit, Program, type ProgramOptions } from "./program.ts";

/** What a worker tells its primary. */
export interface FromWorker {
  /** It serves. */
  readonly ready: true;
}

export interface WorkerOptions {
  readonly name: string;
  readonly doors: readonly DoorConfig[];
  /** The folder for its sockets. */
  readonly sockets: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output: NonNullable<ProgramOptions["output"]>;
}

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** A worker in a process of its own, listening on sockets of its own. */
export class WorkerProcess {
  readonly name: string;
  readonly program: Program;
  /** Whether it serves; false when it ended before. */
  readonly ready: Promise<boolean>;
  readonly exited: Promise<Exit>;

  constructor({ name, doors, sockets, env, output }: WorkerOptions) {
    this.name = name;
    this.program = new Program(name, process.execPath, ["--import", import.meta.resolve("tsx"), MAIN], {
      env: {
        ...env,
        HUB_WORKER: name,
        HUB_SOCKETS: sockets,
        HUB_DOORS: doors.map(({ port, apps }) => `${port}:${apps.join(",")}`).join(";"),
      },
      speaks: true,
      output,
    });
    this.exited = this.program.exited;
    this.ready = new Promise((resolve) => {
      this.program.onMessage((message) => {
        if ("ready" in (message as FromWorker)) resolve(true);
      });
      void this.exited.then(() => resolve(false));
    });
  }
}
