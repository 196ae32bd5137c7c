import type { ChannelKind, RedisConnection } from "./connection.ts";

type Listener = (payload: Buffer) => void;

interface Wanted {
  readonly kind: ChannelKind;
  readonly listener: Listener;
}

/**
 * The subscriptions that this worker wants, and the changes that bring each connection to Redis there. Changes of one channel go
 * one after another, each after Redis has confirmed the one before: clients of Redis lose a subscription that is asked
 * for again while it is being given up.
 */
export class Subscriptions {
  readonly #wanted = new Map<string, Wanted>();
  /** What is under way, by channel; resolves when the channel is as it is wanted, or the connection has ended. */
  readonly #changing = new Map<string, Promise<void>>();
  #connection: RedisConnection | undefined;
  #confirmed = new Map<string, Wanted>();
  #onFailure: (error: Error) => void = () => {};

  get size(): number {
    return this.#wanted.size;
  }

  want(kind: ChannelKind, channel: string, listener: Listener): void {
    this.#wanted.set(channel, { kind, listener });
    this.#change(channel);
  }

  giveUp(channel: string): void {
    this.#wanted.delete(channel);
    this.#change(channel);
  }

  /** Resolves when Redis has confirmed what was asked for; `undefined` when there is nothing to wait for. */
  settled(channel: string): Promise<void> | undefined {
    return this.#changing.get(channel);
  }

  /** Subscribes to everything that is wanted; resolves when all of it is confirmed. `onFailure`: one was refused. */
  async begin(connection: RedisConnection, onFailure: (error: Error) => void): Promise<void> {
    this.#connection = connection;
    this.#confirmed = new Map();
    this.#onFailure = onFailure;
    for (const channel of this.#wanted.keys()) this.#change(channel);
    await Promise.all(this.#changing.values());
  }

  end(): void {
    this.#connection = undefined;
    this.#changing.clear();
  }

  #change(channel: string): void {
    const connection = this.#connection;
    if (!connection || this.#changing.has(channel)) return;
    const work = this.#reconcile(connection, channel).then(
      () => this.#finish(connection, channel),
      (error: unknown) => {
        if (this.#connection === connection) this.#onFailure(error as Error);
      },
    );
    this.#changing.set(channel, work);
  }

  #finish(connection: RedisConnection, channel: string): void {
    if (this.#connection === connection) this.#changing.delete(channel);
  }

  async #reconcile(connection: RedisConnection, channel: string): Promise<void> {
    while (this.#connection === connection) {
      const wanted = this.#wanted.get(channel);
      const confirmed = this.#confirmed.get(channel);
      if (wanted === confirmed) return;
      if (confirmed) {
        await connection.unsubscribe(confirmed.kind, channel);
        this.#confirmed.delete(channel);
      } else if (wanted) {
        await connection.subscribe(wanted.kind, channel, wanted.listener);
        this.#confirmed.set(channel, wanted);
      }
    }
  }
}
