import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import type { Clock } from "../hub/clock.ts";
import { HubError } from "../hub/errors.ts";
import { parseRedisUrl, type RedisAddress } from "./address.ts";
import { type ChannelKind, connectRedis, type RedisConnection } from "./connection.ts";
import { Subscriptions } from "./subscriptions.ts";

/** How often the canary is sent. */
const CANARY_MS = 1_000;
/** Canaries in a row that may be on their way; with one more Redis is lost. */
const CANARIES = 3;
/** How long a connection has until it is live. */
const CONNECT_MS = 5_000;
/** The wait before the second try to connect; it doubles with each, up to the longest. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

const LOST: Promise<never> = Promise.reject(new Error("Redis is lost"));
LOST.catch(() => {});

export type RedisState = "live" | "lost";

interface RedisEvents {
  /** Once per change; the first is how it was found at start. `reason` holds no secret. */
  state: [RedisState, { readonly reason: string | undefined }];
  /** A message that went out to other workers or programs, or came from them; the canary aside. */
  passed: ["in" | "out"];
  /** A listener of ours threw. */
  fault: [unknown];
}

/** Something that has to be put in order with each new connection, before Redis counts as live. */
export interface Attendant {
  begin(connection: RedisConnection): Promise<void>;
  /** The connection has ended. */
  end(): void;
}

/**
 * This worker's link to Redis. It has one connection after another: at the first fault, or when its canary (a message
 * that it publishes to itself) does not come back, the connection is given up as a whole and a new one is put in order
 * from the start. So nothing is kept that might be half right, and nothing old is sent late.
 */
export class Redis extends EventEmitter<RedisEvents> {
  /** What tells this worker's publications from those of others. */
  readonly id = randomUUID();
  readonly #address: RedisAddress;
  readonly #clock: Clock;
  readonly #subscriptions = new Subscriptions();
  readonly #attendants: Attendant[] = [];
  #connection: RedisConnection | undefined;
  #state: RedisState | undefined;
  #reason: string | undefined;
  #closed = false;
  #endConnection: (reason: Error) => void = () => {};
  #stopWaiting: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  /** Throws when the URL has no known form. `clock` must be real time. */
  constructor(url: string, clock: Clock) {
    super();
    this.#address = parseRedisUrl(url);
    this.#clock = clock;
  }

  /** Why it is lost; for the log. */
  get reason(): string | undefined {
    return this.#reason;
  }

  get state(): RedisState {
    return this.#state ?? "lost";
  }

  /** Channels that this worker listens to. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** Those that are here when a connection begins have it put in order. */
  attend(attendant: Attendant): void {
    this.#attendants.push(attendant);
  }

  /** Begins to connect, for ever; resolves when Redis is live, or the first try has failed. */
  start(): Promise<void> {
    const first = new Promise<void>((resolve) => this.once("state", () => resolve()));
    this.#running = this.#run();
    return first;
  }

  /** Rejects at once while Redis is lost, and as soon as it is lost before the answer. */
  command(key: string, args: readonly string[]): Promise<unknown> {
    if (!this.#connection || this.#state !== "live") return Promise.reject(new Error("Redis is lost"));
    return this.#connection.command(key, args);
  }

  /**
   * Sends to whoever listens; while Redis is lost the message is dropped. Resolves when Redis has taken it, and rejects
   * when it has not; nobody need wait for it.
   */
  publish(kind: ChannelKind, channel: string, payload: string | Buffer): Promise<void> {
    const connection = this.#connection;
    if (!connection || this.#state !== "live") return LOST;
    const taken = connection.publish(kind, channel, payload).then(
      () => {},
      (error: unknown) => {
        if (this.#connection === connection) this.fail(error as Error);
        throw error;
      },
    );
    taken.catch(() => {});
    this.emit("passed", "out");
    return taken;
  }

  /** Listens from now on, with every connection anew. One listener per channel. */
  subscribe(kind: ChannelKind, channel: string, listener: (payload: Buffer) => void): void {
    this.#subscriptions.want(kind, channel, (payload) => {
      this.emit("passed", "in");
      try {
        listener(payload);
      } catch (error) {
        this.emit("fault", error);
      }
    });
  }

  unsubscribe(channel: string): void {
    this.#subscriptions.giveUp(channel);
  }

  /** Resolves when a subscription stands that is just being made; `undefined` when there is nothing to wait for. */
  settled(channel: string): Promise<void> | undefined {
    return this.#state === "live" ? this.#subscriptions.settled(channel) : undefined;
  }

  /** Gives the connection up for a new one: something is wrong with it. */
  fail(reason: Error): void {
    this.#endConnection(reason);
  }

  /** The readiness check: throws while Redis is lost. */
  check(): void {
    if (this.#state !== "live")
      throw new HubError("unavailable", "Lost; other workers are heard only of what is in the log");
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#endConnection(new Error("closed"));
    this.#stopWaiting();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.#closed; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const reason = await this.#live(() => {
        wait = FIRST_WAIT_MS / 2;
      });
      if (this.#closed) return;
      this.#tell("lost", this.#describe(reason));
      // Workers that lost Redis together should not all come back in the same moment.
      await this.#pause(wait * (0.75 + Math.random() / 2));
    }
  }

  /** One connection from its begin to its end; resolves with what ended it. */
  async #live(onLive: () => void): Promise<Error> {
    const giveUp = new AbortController();
    let end = (_reason: Error): void => {};
    const ended = new Promise<Error>((resolve) => {
      end = resolve;
    });
    this.#endConnection = end;
    const cancelTimeout = this.#clock.after(CONNECT_MS, () => end(new Error("no answer in time")));
    const undo: (() => void)[] = [];
    const begin = async (): Promise<void> => {
      const made = await connectRedis(this.#address, end, giveUp.signal);
      if (giveUp.signal.aborted) return made.destroy();
      undo.push(() => made.destroy());
      await this.#subscriptions.begin(made, end);
      for (const attendant of this.#attendants) await attendant.begin(made);
      await this.#keepCanary(made, end, giveUp.signal);
      if (giveUp.signal.aborted) return;
      cancelTimeout();
      this.#connection = made;
      onLive();
      this.#tell("live", undefined);
    };
    begin().catch((error: unknown) => end(error as Error));

    const reason = await ended;
    cancelTimeout();
    giveUp.abort();
    this.#connection = undefined;
    this.#endConnection = () => {};
    this.#subscriptions.end();
    for (const attendant of this.#attendants) attendant.end();
    for (const action of undo) action();
    return reason;
  }

  /**
   * Sends the canary and watches for it until `signal`; resolves once the first one is back. Rounds are counted and not
   * time, so that a worker that was busy does not take its own delay for the silence of Redis.
   */
  async #keepCanary(connection: RedisConnection, end: (reason: Error) => void, signal: AbortSignal): Promise<void> {
    const channel = `junction:canary:${this.id}`;
    let underWay = 0;
    let onReturn = (): void => {};
    const first = new Promise<void>((resolve) => {
      onReturn = resolve;
    });
    await connection.subscribe("sharded", channel, () => {
      underWay = 0;
      onReturn();
    });
    const send = (): void => {
      if (signal.aborted) return;
      if (underWay >= CANARIES) {
        end(new Error("its canary does not come back"));
        return;
      }
      underWay += 1;
      connection.publish("sharded", channel, "").catch(end);
      this.#clock.after(CANARY_MS, send);
    };
    send();
    await first;
  }

  #tell(state: RedisState, reason: string | undefined): void {
    this.#reason = reason;
    if (this.#state === state) return;
    this.#state = state;
    this.emit("state", state, { reason });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#stopWaiting = () => {
        cancel();
        resolve();
      };
    });
  }

  /** What happened, for the log. */
  #describe(error: Error): string {
    const { password, username } = this.#address;
    const code = (error as { code?: unknown }).code;
    let text = error.message || (typeof code === "string" ? code : error.name);
    for (const secret of [password, username]) if (secret) text = text.replaceAll(secret, "***");
    return text;
  }
}
