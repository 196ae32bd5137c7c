import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { networkInterfaces } from "node:os";
import path from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type NginxView, renderNginx } from "./nginx.ts";
import { type Exit, Program, type ProgramOptions } from "./program.ts";

export type NginxSettings = Omit<NginxView, "generation" | "ipv6">;

/** Milliseconds within which nginx must apply a configuration. */
const IN_FORCE_MS = 10_000;

/** Milliseconds between two checks of the configuration in force. */
const POLL_MS = 25;

/** The nginx in front of the workers. It writes all its files into one folder. */
export class Nginx {
  readonly #settings: NginxSettings;
  readonly #env: NonNullable<ProgramOptions["env"]>;
  readonly #output: Writable;
  #program: Program | undefined;
  #generation = 0;

  constructor(settings: NginxSettings, env: NonNullable<ProgramOptions["env"]>, output: Writable) {
    this.#env = env;
    this.#settings = settings;
    this.#output = output;
  }

  get pid(): number | undefined {
    return this.#program?.pid;
  }

  get accessLog(): string {
    return path.join(this.#settings.folder, "access.log");
  }

  /** Starts nginx and resolves with a handle on its end. Rejects with an `Error` that has its output when it does not start. */
  async start(): Promise<{ exited: Promise<Exit> }> {
    const { folder } = this.#settings;
    await mkdir(path.join(folder, "temp"), { recursive: true });
    // When root starts nginx, its workers run as another user, which needs access to the folder.
    await chmod(folder, 0o755);
    // A killed nginx leaves its socket behind.
    await rm(path.join(folder, "status.sock"), { force: true });
    await this.#write();
    const program = new Program("nginx", "nginx", this.#arguments("junction.conf"), {
      env: this.#env,
      output: this.#output,
    });
    this.#program = program;
    await this.#inForce(program);
    return program;
  }

  /**
   * Reloads the certificate. Rejects with an `Error` when nginx refuses it; the former one stays in force. nginx closes idle
   * connections on a reload, also one on which a client is about to send its next request.
   */
  async reload(): Promise<void> {
    const program = this.#program;
    if (!program || program.hasExited) return;
    await this.#write();
    program.signal("SIGHUP");
    await this.#inForce(program);
  }

  /** Ends nginx and cuts its open connections; kills it if it has not ended after `ms` milliseconds. */
  async stop(ms: number): Promise<void> {
    await this.#program?.end("SIGTERM", ms);
  }

  /** Writes the configuration. nginx checks it before it replaces the former one. */
  async #write(): Promise<void> {
    const { folder } = this.#settings;
    this.#generation++;
    const text = renderNginx({ ...this.#settings, generation: this.#generation, ipv6: hasIpv6() });
    await writeFile(path.join(folder, "next.conf"), text);
    const check = new Program("nginx -t", "nginx", ["-t", "-q", ...this.#arguments("next.conf")], { env: this.#env });
    const { code } = await check.exited;
    if (code !== 0) throw new Error(`nginx refused its configuration:\n${check.lastOutput}`);
    await rename(path.join(folder, "next.conf"), path.join(folder, "junction.conf"));
  }

  #arguments(file: string): string[] {
    const { folder } = this.#settings;
    return ["-p", folder, "-e", path.join(folder, "error.log"), "-c", path.join(folder, file)];
  }

  /** Waits until nginx serves this generation of the configuration. */
  async #inForce(program: Program): Promise<void> {
    const deadline = Date.now() + IN_FORCE_MS;
    while (Date.now() < deadline) {
      if (program.hasExited) throw new Error(`nginx ended at start:\n${program.lastOutput}`);
      if ((await this.#servedGeneration()) === String(this.#generation)) return;
      await sleep(POLL_MS);
    }
    throw new Error(`nginx did not apply its configuration within ${IN_FORCE_MS / 1000} s`);
  }

  /** Resolves to the generation that nginx reports on its status socket; `undefined` when it does not answer. */
  #servedGeneration(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socketPath = path.join(this.#settings.folder, "status.sock");
      const query = request({ socketPath, path: "/", agent: false }, (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve(text));
        response.on("error", () => resolve(undefined));
      });
      query.on("error", () => resolve(undefined));
      query.end();
    });
  }
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === "IPv6"));
}
