import type { ChannelKind, RedisConnection } from "./connection.ts";

type Listener = (payload: Buffer) => void;

/** A subscription that this worker is to have. */
interface Wanted {
  readonly kind: ChannelKind;
  readonly listener: Listener;
}

/**
 * The Redis subscriptions that this worker is to have, and the changes that each connection needs for them. Changes of
 * one channel run one after another, each after Redis has confirmed the one before. The reason: the Redis client loses
 * a subscription that is made again while it is being ended.
 */
export class Subscriptions {
  readonly #wanted = new Map<string, Wanted>();
  /** The changes under way, by channel. Each resolves when Redis has confirmed it, or the connection has ended. */
  readonly #changing = new Map<string, Promise<void>>();
  #connection: RedisConnection | undefined;
  #confirmed = new Map<string, Wanted>();
  #onFailure: (error: Error) => void = () => {};

  get size(): number {
    return this.#wanted.size;
  }

  add(kind: ChannelKind, channel: string, listener: Listener): void {
    this.#wanted.set(channel, { kind, listener });
    this.#change(channel);
  }

  remove(channel: string): void {
    this.#wanted.delete(channel);
    this.#change(channel);
  }

  /** Resolves when Redis has confirmed the last change of the channel; `undefined` when none is under way. */
  settled(channel: string): Promise<void> | undefined {
    return this.#changing.get(channel);
  }

  /**
   * Makes all subscriptions over a new connection. Resolves when all are confirmed. Calls `onFailure` when one is
   * refused.
   */
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
