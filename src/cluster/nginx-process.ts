import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { networkInterfaces } from "node:os";
import path from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type NginxView, renderNginx } from "./nginx.ts";
import { type Exit, Program, type ProgramOptions } from "./program.ts";

export type NginxSettings = Omit<NginxView, "generation" | "ipv6">;

/** How long nginx has to put a configuration in force; milliseconds. */
const IN_FORCE_MS = 10_000;

/** Between two looks at whether it has; milliseconds. */
const LOOK_MS = 25;

/** The nginx in front of the workers, with everything that it writes in one folder. */
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

  /** Starts it; rejects, with what nginx said, when it does not come up. Resolves with its end. */
  async start(): Promise<{ exited: Promise<Exit> }> {
    const { folder } = this.#settings;
    await mkdir(path.join(folder, "temp"), { recursive: true });
    // Started by root, nginx serves as another user, who has to reach its folder.
    await chmod(folder, 0o755);
    // One that was killed has left its socket behind.
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
   * Lets it read its certificate anew; rejects when nginx does not take it, and what was in force stays. It closes
   * connections that wait for their next request, which a client may be sending just then.
   */
  async reload(): Promise<void> {
    const program = this.#program;
    if (!program || program.hasExited) return;
    await this.#write();
    program.signal("SIGHUP");
    await this.#inForce(program);
  }

  /** Ends it; connections that are still open are cut. */
  async stop(ms: number): Promise<void> {
    await this.#program?.end("SIGTERM", ms);
  }

  /** Writes the configuration and lets nginx check it before it takes the place of the one before. */
  async #write(): Promise<void> {
    const { folder } = this.#settings;
    this.#generation++;
    const text = renderNginx({ ...this.#settings, generation: this.#generation, ipv6: speaksIpv6() });
    await writeFile(path.join(folder, "next.conf"), text);
    const check = new Program("nginx -t", "nginx", ["-t", "-q", ...this.#arguments("next.conf")], { env: this.#env });
    const { code } = await check.exited;
    if (code !== 0) throw new Error(`nginx does not take its configuration:\n${check.lastWords}`);
    await rename(path.join(folder, "next.conf"), path.join(folder, "junction.conf"));
  }

  #arguments(file: string): string[] {
    const { folder } = this.#settings;
    return ["-p", folder, "-e", path.join(folder, "error.log"), "-c", path.join(folder, file)];
  }

  async #inForce(program: Program): Promise<void> {
    const deadline = Date.now() + IN_FORCE_MS;
    while (Date.now() < deadline) {
      if (program.hasExited) throw new Error(`nginx ended at start:\n${program.lastWords}`);
      if ((await this.#answeredGeneration()) === String(this.#generation)) return;
      await sleep(LOOK_MS);
    }
    throw new Error(`nginx has not taken its configuration within ${IN_FORCE_MS / 1000} s`);
  }

  #answeredGeneration(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socketPath = path.join(this.#settings.folder, "status.sock");
      const asked = request({ socketPath, path: "/", agent: false }, (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve(text));
        response.on("error", () => resolve(undefined));
      });
      asked.on("error", () => resolve(undefined));
      asked.end();
    });
  }
}

function speaksIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === "IPv6"));
}
