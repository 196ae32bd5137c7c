import { fileURLToPath } from "node:url";
import type { DoorConfig } from "../config.ts";
import type { MetricsData } from "../observability/metrics.ts";
import { type Exit, Program, type ProgramOptions } from "./program.ts";

/** A message of a worker to its primary: it is ready, or its metrics. */
export type FromWorker = { readonly ready: true } | { readonly metrics: MetricsData };

/** A request of the primary to a worker. */
export interface ToWorker {
  readonly wanted: "metrics";
}

/** Milliseconds within which a worker must send its metrics. */
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

/** A worker in its own process, on its own sockets. */
export class WorkerProcess {
  readonly name: string;
  readonly program: Program;
  /** Resolves to true when the worker is ready, to false when it ended before. */
  readonly ready: Promise<boolean>;
  readonly exited: Promise<Exit>;
  #resolveMetrics: (metrics: MetricsData | undefined) => void = () => {};
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
      ipc: true,
      output,
    });
    this.exited = this.program.exited;
    this.ready = new Promise((resolve) => {
      this.program.onMessage((message) => {
        const received = message as FromWorker;
        if ("ready" in received) resolve(true);
        else this.#resolveMetrics(received.metrics);
      });
      void this.exited.then(() => resolve(false));
    });
  }

  /** Resolves to its metrics; `undefined` when it does not answer in time. Concurrent calls share one request. */
  metrics(): Promise<MetricsData | undefined> {
    this.#metrics ??= new Promise<MetricsData | undefined>((resolve) => {
      this.#resolveMetrics = resolve;
      setTimeout(() => resolve(undefined), METRICS_MS).unref();
      this.program.send({ wanted: "metrics" } satisfies ToWorker);
    }).finally(() => {
      this.#metrics = undefined;
    });
    return this.#metrics;
  }
}
