import type { z } from "zod";
import type { Channel } from "./channel.ts";
import type { Client, Params } from "./client.ts";
import type { Clock } from "./clock.ts";
import { timestamp } from "./clock.ts";
import type { Delivering, Joining, Subscriber } from "./delivering.ts";
import { DISCONNECTS, type DisconnectName } from "./disconnects.ts";
import type { HubError } from "./errors.ts";
import type { HubEvents, Transport } from "./events.ts";
import type { Identity } from "./identity.ts";
import { checkedMessage } from "./message.ts";
import type { Outbound, OutboundTypes } from "./outbound.ts";

/** The transport's side of one client. The hub depends on no other part of a transport. */
export interface Wire {
  readonly id: string;
  readonly transport: Transport;
  send(type: string, payload: Readonly<Record<string, unknown>>): void;
  join(room: string): void | Promise<void>;
  leave(room: string): void | Promise<void>;
  isIn(room: string): boolean;
  /**
   * Sends the reason (`closing` on Socket.IO, the close frame on plain WebSocket) and closes the connection.
   * `retryAfterMs`: the delay after which the client is to reconnect; milliseconds. A close frame cannot hold it.
   */
  end(code: number, reason: string, retryAfterMs?: number): void;
  /** Stops reading from the client until `resume`. This is the backpressure on a client that sends too fast. */
  pause(): void;
  resume(): void;
}

/** The parts of a connection besides its wire. */
export interface ConnectionInit {
  readonly channel: Channel;
  readonly params: Params;
  readonly identity: Identity;
  /** The `since` of the client's handshake; see `sinceOf`. */
  readonly since: number | undefined;
}

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly delivery: Delivering;
  readonly events: HubEvents;
}

/** The messages that a client was sent since the recording began. `moved`: it has joined or left a room since. */
export interface Recording {
  readonly sent: readonly { readonly type: string; readonly payload: Payload }[];
  readonly moved: boolean;
  stop(): void;
}

type Payload = Readonly<Record<string, unknown>>;

/** One client in one channel on this worker. `Out`: the messages that the channel declares. */
export class Connection<Out extends OutboundTypes = OutboundTypes> implements Client<Out> {
  readonly channel: Channel;
  readonly params: Params;
  readonly since: number | undefined;
  identity: Identity;
  readonly #wire: Wire;
  readonly #deps: ConnectionDeps;
  readonly #subscriber: Subscriber;
  #subscribed: Set<string> | undefined;
  #cleanups: readonly (() => void)[] = [];
  #recording: { sent: { type: string; payload: Payload }[]; moved: boolean; stop(): void } | undefined;
  #cancelExpiry: (() => void) | undefined;
  #lastMessageAt: number;
  #open = true;
  #ending = false;

  constructor({ channel, params, identity, since }: ConnectionInit, wire: Wire, deps: ConnectionDeps) {
    this.channel = channel;
    this.params = params;
    this.identity = identity;
    this.since = since;
    this.#lastMessageAt = deps.clock.now();
    this.#wire = wire;
    this.#deps = deps;
    this.#subscriber = new ConnectionSubscriber(this, wire);
    this.renew(identity);
    if (channel.limits?.idleMs !== undefined) this.#watchIdle(channel.limits.idleMs);
  }

  get id(): string {
    return this.#wire.id;
  }

  get transport(): Transport {
    return this.#wire.transport;
  }

  get isOpen(): boolean {
    return this.#open && !this.#ending;
  }

  send<K extends keyof Out & string>(type: K, payload: z.input<Out[K]["schema"]>): void {
    if (this.isOpen) this.#answer(type, this.#declared(type).schema.parse(payload));
  }

  sendCurrent<K extends keyof Out & string>(
    type: K,
    document: { readonly id: string | number } | undefined,
    payload = document as z.input<Out[K]["schema"]>,
  ): void {
    if (!this.isOpen || document === undefined) return;
    const { delivery } = this.#deps;
    const value = checkedMessage(this.channel.rootNamespace, [], type, this.#declared(type), payload);
    if (delivery.isCurrent(value, delivery.versionOf(document), this.#subscriber)) this.#answer(type, value.payload);
  }

  /** Sends a message that is already checked. A recording does not include it. */
  deliver(type: string, payload: Payload): void {
    if (!this.isOpen) return;
    this.#wire.send(type, payload);
    this.#deps.events.emit("sent", { app: this.channel.app, type });
  }

  /** Records the messages that are sent to the client from now on. There is one recording at a time. */
  startRecording(): Recording {
    const stop = (): void => {
      this.#recording = undefined;
    };
    this.#recording = { sent: [], moved: false, stop };
    return this.#recording;
  }

  broadcastFrom<K extends keyof Out & string>(room: string, type: K, payload: z.input<Out[K]["schema"]>): void {
    this.#deps.delivery.broadcast(
      checkedMessage(this.channel.rootNamespace, [room], type, this.#declared(type), payload),
      this.id,
    );
  }

  async join(room: string, joining: Joining = {}): Promise<void> {
    if (!this.isOpen) return;
    if (this.#recording) this.#recording.moved = true;
    if (!this.channel.keepsLog) {
      await this.#wire.join(room);
      return joining.confirm?.({});
    }
    this.#subscribed ??= new Set();
    this.#subscribed.add(room);
    try {
      await this.#deps.delivery.subscribe(this.#subscriber, room, joining);
    } catch (error) {
      await this.leave(room);
      throw error;
    }
  }

  leave(room: string): void | Promise<void> {
    if (this.#recording) this.#recording.moved = true;
    if (this.#subscribed?.delete(room)) this.#deps.delivery.unsubscribe(this.#subscriber, room);
    return this.#wire.leave(room);
  }

  isIn(room: string): boolean {
    return this.#wire.isIn(room);
  }

  fail(error: HubError): void {
    const { message, room } = error;
    this.send("error", this.channel.error({ message, room, timestamp: timestamp(this.#deps.clock) }) as never);
  }

  /** Closes the connection with a row of the catalogue. Does nothing on a closed one. `retryAfterMs`: see `Wire`. */
  end(name: DisconnectName, retryAfterMs?: number): void {
    if (!this.isOpen) return;
    this.#ending = true;
    const { code, reason } = DISCONNECTS[name];
    this.#wire.end(code, reason, retryAfterMs);
  }

  onClose(cleanup: () => void): void {
    // Most connections have one cleanup. `push` would reserve an array of seventeen entries for it.
    if (this.#open) this.#cleanups = [...this.#cleanups, cleanup];
    else cleanup();
  }

  /** Takes a new identity, after `refresh`, and with it a new time of expiry. */
  renew(identity: Identity): void {
    this.#cancelExpiry?.();
    this.identity = identity;
    this.#cancelExpiry =
      identity.expiresAt === undefined ? undefined : this.#at(identity.expiresAt, () => this.end("token_expired"));
  }

  /** Restarts the idle time, because the client has sent a message. */
  touch(): void {
    this.#lastMessageAt = this.#deps.clock.now();
  }

  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  /** Ends the subscriptions and runs the cleanups. The hub calls it once the transport reports the close. */
  closed(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelExpiry?.();
    for (const room of this.#subscribed ?? []) this.#deps.delivery.unsubscribe(this.#subscriber, room);
    for (const cleanup of this.#cleanups) cleanup();
    this.#cleanups = [];
  }

  #answer(type: string, payload: Payload): void {
    this.#recording?.sent.push({ type, payload });
    this.deliver(type, payload);
  }

  #declared(type: string): Outbound {
    const declared = this.channel.outbound[type];
    if (!declared) throw new Error(`channel ${this.channel.namespace} declares no outbound type ${type}`);
    return declared;
  }

  /**
   * Closes the connection after `idleMs` without a message. A single timer is set again for the rest, not per message.
   */
  #watchIdle(idleMs: number): void {
    const check = (): void => {
      const rest = this.#lastMessageAt + idleMs - this.#deps.clock.now();
      if (rest <= 0) this.end("idle");
      else cancel = this.#deps.clock.after(rest, check);
    };
    let cancel = this.#deps.clock.after(idleMs, check);
    this.onClose(() => cancel());
  }

  /**
   * Runs `action` at a time; epoch milliseconds. A timer longer than Node allows fires early, so it checks and waits
   * on.
   */
  #at(time: number, action: () => void): () => void {
    let cancel = (): void => {};
    const check = (): void => {
      const rest = time - this.#deps.clock.now();
      if (rest <= 0) action();
      else cancel = this.#deps.clock.after(rest, check);
    };
    cancel = this.#deps.clock.after(time - this.#deps.clock.now(), check);
    return () => cancel();
  }
}

/** The subscriber of a connection. */
class ConnectionSubscriber implements Subscriber {
  readonly #connection: Pick<Connection, "channel" | "isOpen" | "deliver" | "end">;
  readonly #wire: Wire;

  constructor(connection: Pick<Connection, "channel" | "isOpen" | "deliver" | "end">, wire: Wire) {
    this.#connection = connection;
    this.#wire = wire;
  }

  get id(): string {
    return this.#wire.id;
  }

  get namespace(): string {
    return this.#connection.channel.rootNamespace;
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  enter(room: string): void | Promise<void> {
    return this.#wire.join(room);
  }

  deliver(type: string, payload: Payload): void {
    this.#connection.deliver(type, payload);
  }

  disconnect(): void {
    this.#connection.end("overloaded");
  }
}
