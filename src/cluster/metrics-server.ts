import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { METRICS_CONTENT_TYPE, sumMetrics } from "../observability/metrics-sum.ts";
import type { WorkerProcess } from "./worker.ts";

/**
 * The primary's `/metrics`, for scrapers on this machine: the sum of all workers, or one of them at `/metrics/w1`. If the
 * port is taken it uses a free one.
 */
export class MetricsServer {
  readonly #workers: () => readonly WorkerProcess[];
  readonly #restarts: () => number;
  readonly #server: Server;

  constructor(workers: () => readonly WorkerProcess[], restarts: () => number) {
    this.#workers = workers;
    this.#restarts = restarts;
    this.#server = createServer(async (request, response) => {
      const text = await this.#answer(request.url ?? "/").catch(() => undefined);
      response.writeHead(text === undefined ? 404 : 200, { "Content-Type": METRICS_CONTENT_TYPE });
      response.end(text);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/metrics`;
  }

  async start(port: number): Promise<void> {
    await this.#listen(port).catch(() => this.#listen(0));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }

  async #answer(url: string): Promise<string | undefined> {
    const [, path, name] = url.split("?", 1)[0]?.split("/") ?? [];
    if (path !== "metrics") return undefined;
    const workers = this.#workers().filter((worker) => name === undefined || worker.name === name);
    if (name !== undefined && workers.length === 0) return undefined;
    const answers = (await Promise.all(workers.map((worker) => worker.metrics()))).filter((data) => data !== undefined);
    const text = await sumMetrics(answers);
    return name === undefined ? `${text}\n${this.#own(answers.length)}` : text;
  }

  /** The metrics of the primary itself. */
  #own(answered: number): string {
    return [
      "# HELP junction_workers Workers that answer the primary",
      "# TYPE junction_workers gauge",
      `junction_workers ${answered}`,
      "# HELP junction_worker_restarts_total Restarts of workers that ended by themselves",
      "# TYPE junction_worker_restarts_total counter",
      `junction_worker_restarts_total ${this.#restarts()}`,
      "",
    ].join("\n");
  }
}
