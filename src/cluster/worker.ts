import { fileURLToPath } from "node:url";
import type { DoorConfig } from "../config.ts";
import type { MetricsData } from "../observability/metrics.ts";
import { type Exit, Program, type ProgramOptions } from "./program.ts";

/** What a worker tells its primary: that it serves, or its metrics. */
export type FromWorker = { readonly ready: true } | { readonly metrics: MetricsData };

/** What the primary asks of a worker. */
export interface ToWorker {
  readonly wanted: "metrics";
}

/** How long a worker has to tell its metrics; milliseconds. */
const METRICS_MS = 2_000;

export interface WorkerOptions {
  readonly name: string;
  readonly doors: readonly DoorConfig[];
  /** The folder for its sockets. */
  readonly sockets: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output: NonNullable<ProgramOptions["output"]>;
}

const MAIN = fileURLToPath(new URL("../bin/worker.ts", import.meta.url));

/** A worker in a process of its own, listening on sockets of its own. */
export class WorkerProcess {
  readonly name: string;
  readonly program: Program;
  /** Whether it serves; false when it ended before. */
  readonly ready: Promise<boolean>;
  readonly exited: Promise<Exit>;
  #tellMetrics: (metrics: MetricsData | undefined) => void = () => {};
  #metrics: Promise<MetricsData | undefined> | undefined;

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
        const said = message as FromWorker;
        if ("ready" in said) resolve(true);
        else this.#tellMetrics(said.metrics);
      });
      void this.exited.then(() => resolve(false));
    });
  }

  /** Its metrics; `undefined` when it does not answer. Those who ask at the same time share one answer. */
  metrics(): Promise<MetricsData | undefined> {
    this.#metrics ??= new Promise<MetricsData | undefined>((resolve) => {
      this.#tellMetrics = resolve;
      setTimeout(() => resolve(undefined), METRICS_MS).unref();
      this.program.send({ wanted: "metrics" } satisfies ToWorker);
    }).finally(() => {
      this.#metrics = undefined;
    });
    return this.#metrics;
  }
}
