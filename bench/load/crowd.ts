import { setTimeout as sleep } from "node:timers/promises";
import { now, type Sent } from "../contenders/ticker.ts";
import { Client, type Listener } from "./client.ts";
import type { Target } from "./target.ts";

export interface CrowdOptions {
  /** Every so many messages of a client are looked into: one in `sampleEvery`. */
  readonly sampleEvery: number;
  /** Whether the messages of a room have numbers that go up by one. */
  readonly ordered: boolean;
}

export interface Joining {
  /** How many may be on their way in at once. */
  readonly concurrency: number;
  /** Milliseconds after which one that was refused tries again; absent: the first that is refused fails the run. */
  readonly retryMs?: number;
}

/** With none arriving for so long, what is missing is lost; milliseconds. */
const PATIENCE_MS = 10_000;

const AT = Buffer.from('"at":');
const NUMBER = Buffer.from('"n":');

/** The clients of one run, and what they have received. */
export class Crowd implements Listener {
  readonly #target: Target;
  readonly #options: CrowdOptions;
  readonly #clients = new Set<Client>();
  readonly #samples: number[] = [];
  #progress: (() => void) | undefined;
  #progressIsDue = false;
  #fault: Error | undefined;
  /** Messages that all clients together have received. */
  total = 0;

  constructor(target: Target, options: CrowdOptions) {
    this.#target = target;
    this.#options = options;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Brings a client in for each of `rooms`. Resolves, when all are in, to how many attempts failed. */
  async join(rooms: readonly string[], { concurrency, retryMs }: Joining): Promise<{ failures: number }> {
    let failures = 0;
    let next = 0;
    const joinOne = async (room: string): Promise<void> => {
      const client = new Client(this.#target.port, room, this.#target.protocol, this);
      try {
        await client.joined;
        this.#clients.add(client);
      } catch (error) {
        failures += 1;
        if (retryMs === undefined) throw error;
        await sleep(retryMs);
        await joinOne(room);
      }
    };
    const lane = async (): Promise<void> => {
      for (let room = rooms[next++]; room !== undefined; room = rooms[next++]) await joinOne(room);
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
    return { failures };
  }

  /** Cuts all connections at once. */
  cut(): void {
    for (const client of this.#clients) client.cut();
    this.#clients.clear();
  }

  /** `listener` is called soon after messages have come, once for all that came together. */
  onProgress(listener: () => void): void {
    this.#progress = listener;
  }

  /** Resolves when each client has received what was sent to its room; rejects when one has not, or has received more. */
  async hasReceived(sent: Sent, patienceMs = PATIENCE_MS): Promise<void> {
    let before = -1;
    let deadline = 0;
    while (!this.#fault && !this.#isComplete(sent)) {
      if (this.total !== before) deadline = now() + patienceMs;
      if (now() > deadline) throw new Error(this.#missing(sent));
      before = this.total;
      await sleep(10);
    }
    // What comes too often comes a little later.
    await sleep(50);
    if (this.#fault) throw this.#fault;
    if (!this.#isComplete(sent)) throw new Error(this.#missing(sent));
  }

  /** Forgets the latencies of what came so far. */
  startSampling(): void {
    this.#samples.length = 0;
  }

  /** Milliseconds from the publishing to the client, of the messages that were looked into. */
  get latencies(): readonly number[] {
    return this.#samples;
  }

  delivered(client: Client, buffer: Buffer, start: number, end: number): void {
    this.total += 1;
    if (client.received % this.#options.sampleEvery === 0) this.#sample(client, buffer, start, end);
    if (this.#progress && !this.#progressIsDue) {
      this.#progressIsDue = true;
      setImmediate(this.#reportProgress);
    }
  }

  lost(client: Client, reason: Error): void {
    this.#fault ??= new Error(`a client of ${client.room} was lost: ${reason.message}`);
  }

  readonly #reportProgress = (): void => {
    this.#progressIsDue = false;
    this.#progress?.();
  };

  #sample(client: Client, buffer: Buffer, start: number, end: number): void {
    this.#samples.push(now() - numberAfter(AT, buffer, start, end));
    const n = this.#options.ordered ? numberAfter(NUMBER, buffer, start, end) : client.received;
    if (n !== client.received) {
      this.#fault ??= new Error(`message ${n} of ${client.room} came as number ${client.received}`);
    }
  }

  #isComplete(sent: Sent): boolean {
    for (const { room, received } of this.#clients) if (received !== sent[room]) return false;
    return true;
  }

  #missing(sent: Sent): string {
    let expected = 0;
    for (const { room } of this.#clients) expected += sent[room] ?? 0;
    return `${this.total} messages were received and ${expected} sent`;
  }
}

/** The number that follows `key` in a message of JSON. */
export function numberAfter(key: Buffer, buffer: Buffer, start: number, end: number): number {
  const at = buffer.indexOf(key, start) + key.length;
  if (at < key.length + start || at >= end) throw new Error(`a message without ${key}`);
  return Number.parseFloat(buffer.toString("latin1", at, Math.min(at + 24, end)));
}
