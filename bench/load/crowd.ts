import { setTimeout as sleep } from "node:timers/promises";
import { now, type Sent } from "../contenders/ticker.ts";
import { Client, type Listener } from "./client.ts";
import type { Target } from "./target.ts";

export interface CrowdOptions {
  /** One in `sampleEvery` messages of a client is parsed. */
  readonly sampleEvery: number;
  /** True if the messages of a room have numbers that go up by one. */
  readonly ordered: boolean;
}

export interface Joining {
  /** Number of clients that may join at the same time. */
  readonly concurrency: number;
  /** Milliseconds after which a refused client tries again; absent: the first refusal fails the run. */
  readonly retryMs?: number;
}

/** Milliseconds without any message after which the missing ones count as lost. */
const PATIENCE_MS = 10_000;

const AT = Buffer.from('"at":');
const NUMBER = Buffer.from('"n":');

/** The clients of one run, with the counts and samples of their messages. */
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

  /** Joins one client to each of `rooms`. Resolves, when all have joined, to the number of failed attempts. */
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

  /** Calls `listener` soon after messages have arrived, once for all that arrived together. */
  onProgress(listener: () => void): void {
    this.#progress = listener;
  }

  /** Resolves when each client has received all messages to its room. Rejects when one has received fewer, or more. */
  async hasReceived(sent: Sent, patienceMs = PATIENCE_MS): Promise<void> {
    let before = -1;
    let deadline = 0;
    while (!this.#fault && !this.#isComplete(sent)) {
      if (this.total !== before) deadline = now() + patienceMs;
      if (now() > deadline) throw new Error(this.#missing(sent));
      before = this.total;
      await sleep(10);
    }
    // A doubled message may arrive a little later.
    await sleep(50);
    if (this.#fault) throw this.#fault;
    if (!this.#isComplete(sent)) throw new Error(this.#missing(sent));
  }

  /** Drops the latencies sampled so far. */
  startSampling(): void {
    this.#samples.length = 0;
  }

  /** Milliseconds from the publishing to the client, of the messages that were parsed. */
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

/** Returns the number that follows `key` in a message of JSON. Throws when there is none. */
export function numberAfter(key: Buffer, buffer: Buffer, start: number, end: number): number {
  const at = buffer.indexOf(key, start) + key.length;
  if (at < key.length + start || at >= end) throw new Error(`a message without ${key}`);
  return Number.parseFloat(buffer.toString("latin1", at, Math.min(at + 24, end)));
}
