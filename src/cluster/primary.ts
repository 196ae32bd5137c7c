import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import type { Writable } from "node:stream";
import type { Config, DoorConfig } from "../config.ts";
import { openDoors } from "../http/doors.ts";
import { Endings } from "../hub/endings.ts";
import { LocalRedis } from "./local-redis.ts";
import { MetricsServer } from "./metrics-server.ts";
import type { Upstream } from "./nginx.ts";
import { Nginx } from "./nginx-process.ts";
import type { Exit } from "./program.ts";
import { type SocketKind, socketPath } from "./sockets.ts";
import { removeState, writeState } from "./state-file.ts";
import { type Running, Supervisor } from "./supervisor.ts";
import { WorkerProcess } from "./worker.ts";

export interface ClusterOptions {
  readonly config: Config;
  /** The environment of the workers, nginx and Redis. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The stream for their output. */
  readonly output: Writable;
  /** Prints a line for people. */
  readonly say: (line: string) => void;
}

/** The place of one worker, with its two names. */
interface Slot {
  readonly names: readonly [string, string];
  readonly supervisor: Supervisor<WorkerProcess>;
}

/** Milliseconds from the signal to end until a program is killed. */
const KILL_AFTER_MS = 5_000;

/** The same for a worker that drains, beyond the time of draining; milliseconds. */
const DRAIN_KILL_AFTER_MS = 20_000;

/** Folders in which Debian has nginx. They are not on the PATH of every user. */
const MORE_FOLDERS = ["/usr/sbin", "/usr/local/sbin"];

/** The processes that `npm run cluster` starts on this machine. Each is ended by its own pid. */
export class Cluster {
  /** The doors, served by nginx. A door with port 0 has a free port instead. */
  doors: readonly DoorConfig[] = [];
  /** Resolves with the reason when the cluster cannot go on. The caller then stops it. */
  readonly failed: Promise<Error>;
  readonly #options: ClusterOptions;
  readonly #env: Record<string, string | undefined>;
  readonly #supervisors: Supervisor<Running>[] = [];
  readonly #slots: Slot[] = [];
  /** All live workers, also those that start or drain. */
  readonly #workers = new Set<WorkerProcess>();
  readonly #metrics = new MetricsServer(
    () => [...this.#workers],
    () => this.#restarts,
  );
  readonly #endings = new Endings();
  #restarts = 0;
  #nginx: Nginx | undefined;
  #redis: LocalRedis | undefined;
  #folder = "";
  #reloads: { count: number; error?: string } = { count: 0 };
  #reloading: Promise<void> | undefined;
  #isStopping = false;
  #fail: (error: Error) => void = () => {};

  private constructor(options: ClusterOptions) {
    this.#options = options;
    const folders = [...(options.env.PATH ?? "").split(":"), ...MORE_FOLDERS];
    this.#env = { ...options.env, PATH: folders.join(":") };
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
  }

  /** Starts all processes. Rejects with an `Error` when one of them does not start; none is left running then. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    try {
      await cluster.#start();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Lines for people about the running parts. */
  get parts(): string[] {
    const names = this.#slots.flatMap(({ supervisor }) => supervisor.current?.name ?? []);
    return [
      `Workers: ${names.join(", ")}. Redis: ${this.#redis ? "started by the cluster" : "REDIS_URL"}.`,
      `Metrics: ${this.#metrics.url}`,
      `Access log: ${this.#nginx?.accessLog}`,
    ];
  }

  /** Replaces the workers one by one, without refusing a client. Rejects when a new worker does not start. */
  reload(): Promise<void> {
    this.#reloading ??= this.#replaceAll().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  /** Ends all processes, the workers first, so that clients get the reason. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const supervisor of [...this.#slots.map((slot) => slot.supervisor), ...this.#supervisors]) supervisor.stop();
    await this.#endings.run();
  }

  async #start(): Promise<void> {
    const { config, output } = this.#options;
    this.#mustHave("nginx", "nginx");
    if (config.redisUrl === undefined) this.#mustHave("redis-server", "redis-server", "or give REDIS_URL");
    // Opened and closed first: the error for a taken port is clearer than nginx's.
    const probe = await openDoors(config.doors, () => {});
    await probe.stop(0);
    this.doors = probe.opened;
    // The temporary folder, since the path of a Unix socket must be short.
    this.#folder = await mkdtemp(path.join(tmpdir(), "junction-cluster-"));
    this.#endings.add("state file", () => removeState(config.dataDir));
    this.#endings.add("folder of the sockets", () => rm(this.#folder, { recursive: true, force: true }));

    if (config.redisUrl === undefined) {
      const redis = new LocalRedis(await freePort(), this.#folder, this.#env);
      this.#redis = redis;
      this.#endings.add("redis-server", () => redis.stop(KILL_AFTER_MS));
      await this.#supervise("redis-server", () => redis.start());
      this.#env.REDIS_URL = redis.url;
    }
    const count = config.workers ?? availableParallelism();
    for (let i = 0; i < count; i++) this.#slots.push(this.#slot([`w${i + 1}`, `w${count + i + 1}`]));
    const { tls, ...limits } = config.nginx;
    const resolved = tls && { certificate: path.resolve(tls.certificate), key: path.resolve(tls.key) };
    const workers = this.#slots.flatMap(({ names }) => names).map((name) => this.#upstream(name));
    const settings = { folder: this.#folder, doors: this.doors, workers, limits, tls: resolved };
    const nginx = new Nginx(settings, this.#env, output);
    this.#nginx = nginx;
    this.#endings.add("nginx", () => nginx.stop(KILL_AFTER_MS));
    this.#endings.add("metrics", () => this.#metrics.stop());
    this.#endings.add("workers", () => this.#endWorkers());

    await Promise.all(this.#slots.map(({ supervisor }) => supervisor.begin()));
    await this.#supervise("nginx", () => nginx.start());
    await this.#metrics.start(config.cluster.metricsPort);
    await this.#writeState();
  }

  async #endWorkers(): Promise<void> {
    await Promise.all([...this.#workers].map(({ program }) => program.end("SIGINT", KILL_AFTER_MS)));
  }

  /** Throws an `Error` with the remedy when a program is not on the PATH. */
  #mustHave(program: string, debianPackage: string, otherwise?: string): void {
    const folders = (this.#env.PATH ?? "").split(":").filter((folder) => folder !== "");
    if (folders.some((folder) => existsSync(path.join(folder, program)))) return;
    const remedy = [`sudo apt-get install ${debianPackage}`, ...(otherwise ? [otherwise] : [])].join(", ");
    throw new Error(`The cluster needs ${program}: ${remedy}`);
  }

  async #supervise(name: string, start: () => Promise<Running>): Promise<void> {
    const supervisor = new Supervisor({
      start,
      onEnd: (exit, delay) => this.#printEnd(name, exit, delay),
      onBack: () => void this.#writeState(),
      onGaveUp: (error) => this.#fail(error),
    });
    this.#supervisors.push(supervisor);
    await supervisor.begin();
  }

  /**
   * Returns the slot of a worker, with two names that are used in turn. A worker that is started again has the name of the one
   * before. A worker that replaces one lives beside it and has the other name. nginx has both names in its configuration, so
   * it needs no reload.
   */
  #slot(names: readonly [string, string]): Slot {
    let turn = 0;
    const name = (): string => names[turn % 2] ?? names[0];
    const supervisor: Supervisor<WorkerProcess> = new Supervisor<WorkerProcess>({
      start: async () => {
        // The current worker still lives only when it is being replaced.
        const other = supervisor.current && !supervisor.current.program.hasExited ? turn + 1 : turn;
        const worker = await this.#startWorker(names[other % 2] ?? names[0]);
        turn = other;
        return worker;
      },
      onEnd: (exit, delay) => {
        this.#restarts++;
        this.#printEnd(name(), exit, delay);
      },
      onBack: () => void this.#writeState(),
      onGaveUp: (error) => this.#fail(error),
    });
    return { names, supervisor };
  }

  async #startWorker(name: string): Promise<WorkerProcess> {
    if (this.#isStopping) throw new Error("The cluster is ending");
    const worker = new WorkerProcess({
      name,
      doors: this.doors,
      sockets: this.#folder,
      env: this.#env,
      output: this.#options.output,
    });
    this.#workers.add(worker);
    void worker.exited.then(() => this.#workers.delete(worker));
    if (await worker.ready) return worker;
    throw new Error(`Worker ${name} ended at start. Its last output:\n${worker.program.lastOutput}`);
  }

  async #replaceAll(): Promise<void> {
    const { config, say } = this.#options;
    const count = this.#reloads.count + 1;
    try {
      for (const { supervisor } of this.#slots) {
        const former = await supervisor.replace();
        if (!former) continue;
        say(`${supervisor.current?.name} replaces ${former.name}, which drains`);
        await this.#writeState();
        await former.program.end("SIGTERM", config.cluster.drainMs + DRAIN_KILL_AFTER_MS);
      }
      if (config.nginx.tls) await this.#nginx?.reload();
      this.#reloads = { count };
    } catch (error) {
      this.#reloads = { count, error: (error as Error).message };
      throw error;
    } finally {
      await this.#writeState();
    }
  }

  #upstream(name: string): Upstream {
    const socket = (door: number, kind: SocketKind): string => `unix:${socketPath(this.#folder, name, door, kind)}`;
    const addresses = this.doors.map((_door, i) => ({
      entrance: socket(i, "entrance"),
      sessions: socket(i, "sessions"),
    }));
    return { name, addresses };
  }

  async #writeState(): Promise<void> {
    if (this.#isStopping) return;
    const helpers = [
      { pid: this.#nginx?.pid, mark: this.#folder },
      { pid: this.#redis?.pid, mark: `redis-server 127.0.0.1:${this.#redis?.port}` },
    ];
    await writeState(this.#options.config.dataDir, {
      pid: process.pid,
      workers: [...this.#workers].map(({ name, program }) => ({ name, pid: program.pid ?? 0 })),
      helpers: helpers.flatMap(({ pid, mark }) => (pid === undefined ? [] : { pid, mark })),
      reloads: this.#reloads,
    });
  }

  #printEnd(name: string, { code, signal }: Exit, delay: number): void {
    this.#options.say(`${name} ended (${signal ?? code}); it starts again in ${delay} ms`);
  }
}

async function freePort(): Promise<number> {
  const probe = await openDoors([{ port: 0, apps: [] }], () => {});
  await probe.stop(0);
  return probe.opened[0]?.port ?? 0;
}
