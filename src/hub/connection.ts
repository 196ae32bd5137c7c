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

/** What a door gives the hub for each client; beyond this the hub knows nothing of transports. */
export interface Wire {
  readonly id: string;
  readonly transport: Transport;
  send(type: string, payload: Readonly<Record<string, unknown>>): void;
  join(room: string): void | Promise<void>;
  leave(room: string): void | Promise<void>;
  isIn(room: string): boolean;
  /**
   * Tells the client why (`closing` on Socket.IO, the close frame on plain WebSocket) and ends the connection.
   * `retryAfterMs`: when it is asked to come back, in milliseconds from now; a close frame has no room for it.
   */
  end(code: number, reason: string, retryAfterMs?: number): void;
  /** Stops reading from the client until `resume`: backpressure for one that sends faster than it is served. */
  pause(): void;
  resume(): void;
}

/** What a connection is made of besides its wire. */
export interface ConnectionInit {
  readonly channel: Channel;
  readonly params: Params;
  readonly identity: Identity;
  /** What the client's handshake asked to be resumed from; see `sinceOf`. */
  readonly since: number | undefined;
}

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly delivery: Delivering;
  readonly events: HubEvents;
}

/** What a client was sent, and whether it has changed rooms, since the recording began. */
export interface Recording {
  readonly sent: readonly { readonly type: string; readonly payload: Payload }[];
  readonly moved: boolean;
  stop(): void;
}

type Payload = Readonly<Record<string, unknown>>;

/** A client as its handlers see it. `Out` are the messages that its channel declares. */
export class Connection<Out extends OutboundTypes = OutboundTypes> implements Client<Out> {
  readonly channel: Channel;
  readonly params: Params;
  /** The place of the last message that the client has seen of the channel's one room, where it says so on connecting. */
  readonly since: number | undefined;
  identity: Identity;
  readonly #wire: Wire;
  readonly #tools: ConnectionDeps;
  readonly #member: Subscriber;
  #followed: Set<string> | undefined;
  #cleanups: readonly (() => void)[] = [];
  #recording: { sent: { type: string; payload: Payload }[]; moved: boolean; stop(): void } | undefined;
  #cancelExpiry: (() => void) | undefined;
  #lastMessageAt: number;
  #open = true;
  #ending = false;

  constructor({ channel, params, identity, since }: ConnectionInit, wire: Wire, tools: ConnectionDeps) {
    this.channel = channel;
    this.params = params;
    this.identity = identity;
    this.since = since;
    this.#lastMessageAt = tools.clock.now();
    this.#wire = wire;
    this.#tools = tools;
    this.#member = new ConnectionSubscriber(this, wire);
    this.renew(identity);
    if (channel.limits?.idleMs !== undefined) this.#watchIdle(channel.limits.idleMs);
  }

  get id(): string {
    return this.#wire.id;
  }

  get transport(): Transport {
    return this.#wire.transport;
  }

  /** False from the moment that either side begins to end it: nothing is sent or handled any more. */
  get isOpen(): boolean {
    return this.#open && !this.#ending;
  }

  /** Sends to this client alone. Throws a `ZodError` when the payload breaks the schema of its own type. */
  send<K extends keyof Out & string>(type: K, payload: z.input<Out[K]["schema"]>): void {
    if (this.isOpen) this.#answer(type, this.#declared(type).schema.parse(payload));
  }

  sendCurrent<K extends keyof Out & string>(
    type: K,
    document: { readonly id: string | number } | undefined,
    payload = document as z.input<Out[K]["schema"]>,
  ): void {
    if (!this.isOpen || document === undefined) return;
    const { delivery } = this.#tools;
    const value = checkedMessage(this.channel.rootNamespace, [], type, this.#declared(type), payload);
    if (delivery.isCurrent(value, delivery.versionOf(document), this.#member)) this.#answer(type, value.payload);
  }

  /** Sends again what was checked when it was sent first. */
  deliver(type: string, payload: Payload): void {
    if (!this.isOpen) return;
    this.#wire.send(type, payload);
    this.#tools.events.emit("sent", { app: this.channel.app, type });
  }

  /** Keeps what the client is sent from now on. One at a time. */
  startRecording(): Recording {
    const stop = (): void => {
      this.#recording = undefined;
    };
    this.#recording = { sent: [], moved: false, stop };
    return this.#recording;
  }

  /** Sends to the members of `room`, on every door and worker, but not to this client. Not for class `log`. */
  broadcastFrom<K extends keyof Out & string>(room: string, type: K, payload: z.input<Out[K]["schema"]>): void {
    this.#tools.delivery.broadcast(
      checkedMessage(this.channel.rootNamespace, [room], type, this.#declared(type), payload),
      this.id,
    );
  }

  /**
   * Joins a room. With `since`, the client is then sent what it has missed of the room's messages of class `log`, and
   * after that what comes; `confirm` is called in between, before anything of the room reaches it.
   * Does nothing when the connection has ended. Rejects, the client not being in, with what `confirm` throws, and with
   * `HubError("unavailable")` while the room's log cannot be read.
   */
  async join(room: string, joining: Joining = {}): Promise<void> {
    if (!this.isOpen) return;
    if (this.#recording) this.#recording.moved = true;
    if (!this.channel.keepsLog) {
      await this.#wire.join(room);
      return joining.confirm?.({});
    }
    this.#followed ??= new Set();
    this.#followed.add(room);
    try {
      await this.#tools.delivery.subscribe(this.#member, room, joining);
    } catch (error) {
      await this.leave(room);
      throw error;
    }
  }

  leave(room: string): void | Promise<void> {
    if (this.#recording) this.#recording.moved = true;
    if (this.#followed?.delete(room)) this.#tools.delivery.unsubscribe(this.#member, room);
    return this.#wire.leave(room);
  }

  isIn(room: string): boolean {
    return this.#wire.isIn(room);
  }

  /** Sends the document's error message; the connection stays open. */
  fail(error: HubError): void {
    const { message, room } = error;
    this.send("error", this.channel.error({ message, room, timestamp: timestamp(this.#tools.clock) }) as never);
  }

  /** Ends the connection with a row of the catalogue. Does nothing on one that has ended. `retryAfterMs`: see `Wire`. */
  end(name: DisconnectName, retryAfterMs?: number): void {
    if (!this.isOpen) return;
    this.#ending = true;
    const { code, reason } = DISCONNECTS[name];
    this.#wire.end(code, reason, retryAfterMs);
  }

  /** Runs `cleanup` when the connection has ended, however it ended; at once if it already has. */
  onClose(cleanup: () => void): void {
    // As a rule there is one: an array that has been pushed to holds room for seventeen.
    if (this.#open) this.#cleanups = [...this.#cleanups, cleanup];
    else cleanup();
  }

  /** Takes a fresh identity (after `refresh`) and with it a new time to end. */
  renew(identity: Identity): void {
    this.#cancelExpiry?.();
    this.identity = identity;
    this.#cancelExpiry =
      identity.expiresAt === undefined ? undefined : this.#at(identity.expiresAt, () => this.end("token_expired"));
  }

  /** The client has sent something: its time to be idle begins anew. */
  touch(): void {
    this.#lastMessageAt = this.#tools.clock.now();
  }

  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  /** Called by the hub once the door reports the end. */
  closed(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelExpiry?.();
    for (const room of this.#followed ?? []) this.#tools.delivery.unsubscribe(this.#member, room);
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

  /** One timer at a time, set again for what is left: nothing is done per message. */
  #watchIdle(idleMs: number): void {
    const check = (): void => {
      const rest = this.#lastMessageAt + idleMs - this.#tools.clock.now();
      if (rest <= 0) this.end("idle");
      else cancel = this.#tools.clock.after(rest, check);
    };
    let cancel = this.#tools.clock.after(idleMs, check);
    this.onClose(() => cancel());
  }

  /** Timers are clamped to what a timer can hold, so a far one looks again when it fires. */
  #at(time: number, action: () => void): () => void {
    let cancel = (): void => {};
    const check = (): void => {
      const rest = time - this.#tools.clock.now();
      if (rest <= 0) action();
      else cancel = this.#tools.clock.after(rest, check);
    };
    cancel = this.#tools.clock.after(time - this.#tools.clock.now(), check);
    return () => cancel();
  }
}

/** A connection as delivery sees it. */
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
