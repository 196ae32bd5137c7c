import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import type { Clock } from "../hub/clock.ts";
import { HubError } from "../hub/errors.ts";
import { parseRedisUrl, type RedisAddress } from "./address.ts";
import { type ChannelKind, connectRedis, type RedisConnection } from "./connection.ts";
import { Subscriptions } from "./subscriptions.ts";

/** The interval between two canaries; milliseconds. */
const CANARY_MS = 1_000;
/** The number of canaries that may be on their way. With one more, Redis is lost. */
const MAX_CANARIES = 3;
/** The time limit for a connection to become live; milliseconds. */
const CONNECT_MS = 5_000;
/** The wait before the second try to connect; milliseconds. It doubles with each try, up to `LONGEST_WAIT_MS`. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

const LOST: Promise<never> = Promise.reject(new Error("Redis is lost"));
LOST.catch(() => {});

export type RedisState = "live" | "lost";

interface RedisEvents {
  /** The state has changed; the first event has the state at start. `reason` holds no secret. */
  state: [RedisState, { readonly reason: string | undefined }];
  /** A message was sent to other workers or programs, or received from them. Canaries do not count. */
  passed: ["in" | "out"];
  /** The listener of a subscription threw. */
  fault: [unknown];
}

/** A part that has to set up each new connection before Redis counts as live. */
export interface Attendant {
  /** Sets up a new connection. A rejection ends it. */
  begin(connection: RedisConnection): Promise<void>;
  /** Notes that the connection has ended. */
  end(): void;
}

/**
 * This worker's link to Redis. It has one connection after another. At the first fault, or when its canary (a message
 * that it publishes to itself) does not return, the whole connection is destroyed and a new one is set up from the
 * start. So no state of unknown correctness is kept, and no stale message is sent late.
 */
export class Redis extends EventEmitter<RedisEvents> {
  /** The sender id in this worker's publications. */
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

  /** Makes a link that is not started. Throws an `Error` when the URL is malformed. `clock` must be real time. */
  constructor(url: string, clock: Clock) {
    super();
    this.#address = parseRedisUrl(url);
    this.#clock = clock;
  }

  /** The reason why Redis is lost; for the log. */
  get reason(): string | undefined {
    return this.#reason;
  }

  get state(): RedisState {
    return this.#state ?? "lost";
  }

  /** The number of channels that this worker is subscribed to. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** Adds a part that sets up each connection from the next one on. */
  attend(attendant: Attendant): void {
    this.#attendants.push(attendant);
  }

  /** Connects, and reconnects until `close`. Resolves when Redis is live, or the first try has failed. */
  start(): Promise<void> {
    const first = new Promise<void>((resolve) => this.once("state", () => resolve()));
    this.#running = this.#run();
    return first;
  }

  /** Sends a command. Rejects at once while Redis is lost, and when Redis is lost before the answer. */
  command(key: string, args: readonly string[]): Promise<unknown> {
    if (!this.#connection || this.#state !== "live") return Promise.reject(new Error("Redis is lost"));
    return this.#connection.command(key, args);
  }

  /**
   * Publishes a message; while Redis is lost it is dropped. Resolves when Redis has taken the message, and rejects when
   * it has not. A rejection need not be handled.
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

  /** Subscribes from now on, over every connection. One listener per channel. */
  subscribe(kind: ChannelKind, channel: string, listener: (payload: Buffer) => void): void {
    this.#subscriptions.add(kind, channel, (payload) => {
      this.emit("passed", "in");
      try {
        listener(payload);
      } catch (error) {
        this.emit("fault", error);
      }
    });
  }

  unsubscribe(channel: string): void {
    this.#subscriptions.remove(channel);
  }

  /** Resolves when a subscription that is just being made is confirmed; `undefined` when there is none. */
  settled(channel: string): Promise<void> | undefined {
    return this.#state === "live" ? this.#subscriptions.settled(channel) : undefined;
  }

  /** Replaces a faulty connection by a new one. */
  fail(reason: Error): void {
    this.#endConnection(reason);
  }

  /** Checks readiness. Throws `HubError("unavailable")` while Redis is lost. */
  check(): void {
    if (this.#state !== "live")
      throw new HubError(
        "unavailable",
        "Lost; from other workers only messages of class log arrive, by way of the database",
      );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#endConnection(new Error("closed"));
    this.#stopWaiting();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.#closed; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const reason = await this.#connectOnce(() => {
        wait = FIRST_WAIT_MS / 2;
      });
      if (this.#closed) return;
      this.#setState("lost", this.#reasonOf(reason));
      // Workers that lost Redis together should not all reconnect at the same moment.
      await this.#pause(wait * (0.75 + Math.random() / 2));
    }
  }

  /** Runs one connection from its start to its end. Resolves to the reason of the end. */
  async #connectOnce(onLive: () => void): Promise<Error> {
    const controller = new AbortController();
    let end = (_reason: Error): void => {};
    const ended = new Promise<Error>((resolve) => {
      end = resolve;
    });
    this.#endConnection = end;
    const cancelTimeout = this.#clock.after(CONNECT_MS, () => end(new Error(`no answer within ${CONNECT_MS} ms`)));
    const undo: (() => void)[] = [];
    const begin = async (): Promise<void> => {
      const made = await connectRedis(this.#address, end, controller.signal);
      if (controller.signal.aborted) return made.destroy();
      undo.push(() => made.destroy());
      await this.#subscriptions.begin(made, end);
      for (const attendant of this.#attendants) await attendant.begin(made);
      await this.#runCanary(made, end, controller.signal);
      if (controller.signal.aborted) return;
      cancelTimeout();
      this.#connection = made;
      onLive();
      this.#setState("live", undefined);
    };
    begin().catch((error: unknown) => end(error as Error));

    const reason = await ended;
    cancelTimeout();
    controller.abort();
    this.#connection = undefined;
    this.#endConnection = () => {};
    this.#subscriptions.end();
    for (const attendant of this.#attendants) attendant.end();
    for (const action of undo) action();
    return reason;
  }

  /**
   * Sends canaries until `signal` aborts, and ends the connection when they do not return. Resolves once the first one
   * has returned. It counts rounds, not time, so that a delay of this worker does not count as one of Redis.
   */
  async #runCanary(connection: RedisConnection, end: (reason: Error) => void, signal: AbortSignal): Promise<void> {
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
      if (underWay >= MAX_CANARIES) {
        end(new Error("its canary does not return"));
        return;
      }
      underWay += 1;
      connection.publish("sharded", channel, "").catch(end);
      this.#clock.after(CANARY_MS, send);
    };
    send();
    await first;
  }

  #setState(state: RedisState, reason: string | undefined): void {
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

  /** Returns the text of an error for the log, without the user name and the password. */
  #reasonOf(error: Error): string {
    const { password, username } = this.#address;
    const code = (error as { code?: unknown }).code;
    let text = error.message || (typeof code === "string" ? code : error.name);
    for (const secret of [password, username]) if (secret) text = text.replaceAll(secret, "***");
    return text;
  }
}
