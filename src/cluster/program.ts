import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** What it reads from its standard input. */
  readonly input?: string;
  /** Whether it speaks with us by `process.send`; for Node programs. */
  readonly speaks?: boolean;
  /** Where its output goes besides being remembered. */
  readonly output?: Writable;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Characters of its output that are remembered. */
const REMEMBERED = 4_000;

/**
 * A program that we started: signals reach it by its own pid. It is the leader of a process group of its own, so that
 * Ctrl-C in the terminal reaches only us, and we end things in their order.
 */
export class Program {
  readonly name: string;
  /** Resolves when it has ended and all its output has been read; rejects never. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #output = "";
  #errors = "";
  #hasExited = false;

  constructor(name: string, command: string, args: readonly string[], options: ProgramOptions = {}) {
    this.name = name;
    const { env, cwd, input, speaks, output } = options;
    const child = spawn(command, args, {
      ...(env && { env: { ...env } }),
      ...(cwd && { cwd }),
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe", ...(speaks ? (["ipc"] as const) : [])],
      detached: true,
    });
    this.#child = child;
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    this.#remember(child.stdout, output, (text) => {
      this.#output = (this.#output + text).slice(-REMEMBERED);
    });
    this.#remember(child.stderr, output, (text) => {
      this.#errors = (this.#errors + text).slice(-REMEMBERED);
    });
    this.exited = new Promise((resolve) => {
      child.once("error", (error) => {
        this.#errors += error.message;
        this.#hasExited = true;
        resolve({ code: null, signal: null });
      });
      child.once("exit", () => this.#endGroup());
      child.once("close", (code, signal) => {
        this.#hasExited = true;
        resolve({ code, signal });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** What it said last: its complaints, or else its output. */
  get lastWords(): string {
    return (this.#errors.trim() || this.#output.trim()).split("\n").slice(-15).join("\n");
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#hasExited) this.#child.kill(signal);
  }

  /** Signals it to end, and kills it if it has not ended after `ms` milliseconds. */
  async end(signal: NodeJS.Signals, ms: number): Promise<Exit> {
    this.signal(signal);
    const patience = setTimeout(() => this.signal("SIGKILL"), ms);
    const exit = await this.exited;
    clearTimeout(patience);
    return exit;
  }

  /** A program that was killed may leave children, which would hold its ports; they are in the group that it led. */
  #endGroup(): void {
    try {
      if (this.pid !== undefined) process.kill(-this.pid, "SIGKILL");
    } catch {
      // Nobody is left in it.
    }
  }

  send(message: object): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#child.on("message", listener);
  }

  #remember(stream: Readable | null, output: Writable | undefined, keep: (text: string) => void): void {
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => {
      keep(text);
      if (output && !output.write(text)) {
        stream.pause();
        once(output, "drain").then(
          () => stream.resume(),
          () => stream.resume(),
        );
      }
    });
  }
}
