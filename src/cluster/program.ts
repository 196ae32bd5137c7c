import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

/** Options of a child process. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Text for its standard input. */
  readonly input?: string;
  /** True opens a channel for `process.send`; for Node programs. */
  readonly ipc?: boolean;
  /** A stream that gets a copy of its output. */
  readonly output?: Writable;
}

/** The exit of a process: its code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Characters of each output stream that are kept. */
const KEPT_CHARACTERS = 4_000;

/**
 * A child process, signalled by its own pid. It leads a process group of its own. So Ctrl-C in the terminal reaches only the
 * parent, which ends its children in order.
 */
export class Program {
  readonly name: string;
  /** Resolves when the process has ended and all its output has been read. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #output = "";
  #errors = "";
  #hasExited = false;

  constructor(name: string, command: string, args: readonly string[], options: ProgramOptions = {}) {
    this.name = name;
    const { env, cwd, input, ipc, output } = options;
    const child = spawn(command, args, {
      ...(env && { env: { ...env } }),
      ...(cwd && { cwd }),
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe", ...(ipc ? (["ipc"] as const) : [])],
      detached: true,
    });
    this.#child = child;
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    this.#collect(child.stdout, output, (text) => {
      this.#output = (this.#output + text).slice(-KEPT_CHARACTERS);
    });
    this.#collect(child.stderr, output, (text) => {
      this.#errors = (this.#errors + text).slice(-KEPT_CHARACTERS);
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

  /** The last 15 lines of its standard error, or of its standard output if that is empty. */
  get lastOutput(): string {
    return (this.#errors.trim() || this.#output.trim()).split("\n").slice(-15).join("\n");
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#hasExited) this.#child.kill(signal);
  }

  /** Sends `signal`, and SIGKILL if the process has not ended after `ms` milliseconds. */
  async end(signal: NodeJS.Signals, ms: number): Promise<Exit> {
    this.signal(signal);
    const patience = setTimeout(() => this.signal("SIGKILL"), ms);
    const exit = await this.exited;
    clearTimeout(patience);
    return exit;
  }

  /** Kills the process group. A killed program may leave children, which would hold its ports. */
  #endGroup(): void {
    try {
      if (this.pid !== undefined) process.kill(-this.pid, "SIGKILL");
    } catch {
      // The group is empty.
    }
  }

  send(message: object): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#child.on("message", listener);
  }

  #collect(stream: Readable | null, output: Writable | undefined, keep: (text: string) => void): void {
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
