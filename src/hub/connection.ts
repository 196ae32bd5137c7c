import type { z } from "zod";
import type { Channel, OutboundTypes, Params } from "./channel.ts";
import type { Clock } from "./clock.ts";
import { timestamp } from "./clock.ts";
import { DISCONNECTS, type DisconnectName } from "./disconnects.ts";
import type { HubError } from "./errors.ts";
import type { Door } from "./events.ts";
import type { Identity } from "./identity.ts";
import { type Fanout, outgoing } from "./publish.ts";

/** What a door gives the hub for each client; beyond this the hub knows nothing of transports. */
export interface Wire {
  readonly id: string;
  readonly door: Door;
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

/** A client as its handlers see it. `Out` are the messages that its channel declares. */
export class Connection<Out extends OutboundTypes = OutboundTypes> {
  readonly channel: Channel;
  readonly params: Params;
  identity: Identity;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #fanout: Fanout;
  readonly #onSent: (type: string) => void;
  readonly #cleanups: (() => void)[] = [];
  #cancelExpiry: (() => void) | undefined;
  #lastMessageAt: number;
  #open = true;
  #ending = false;

  /** `onSent` hears of each message to this client alone. */
  constructor(
    channel: Channel,
    params: Params,
    identity: Identity,
    wire: Wire,
    clock: Clock,
    fanout: Fanout,
    onSent: (type: string) => void = () => {},
  ) {
    this.channel = channel;
    this.params = params;
    this.identity = identity;
    this.#lastMessageAt = clock.now();
    this.#wire = wire;
    this.#clock = clock;
    this.#fanout = fanout;
    this.#onSent = onSent;
    this.renew(identity);
    if (channel.limits?.idleMs !== undefined) this.#watchIdle(channel.limits.idleMs);
  }

  get id(): string {
    return this.#wire.id;
  }

  get door(): Door {
    return this.#wire.door;
  }

  /** False from the moment that either side begins to end it: nothing is sent or handled any more. */
  get isOpen(): boolean {
    return this.#open && !this.#ending;
  }

  /** Sends to this client alone. Throws a `ZodError` when the payload breaks the schema of its own type. */
  send<K extends keyof Out & string>(type: K, payload: z.input<Out[K]["schema"]>): void {
    if (!this.isOpen) return;
    const declared = this.channel.outbound[type];
    if (!declared) throw new Error(`channel ${this.channel.namespace} declares no outbound type ${type}`);
    this.#wire.send(type, declared.schema.parse(payload));
    this.#onSent(type);
  }

  /** Sends to the members of `room`, on every door and worker, but not to this client. */
  toOthers<K extends keyof Out & string>(room: string, type: K, payload: z.input<Out[K]["schema"]>): void {
    const declared = this.channel.outbound[type];
    if (!declared) throw new Error(`channel ${this.channel.namespace} declares no outbound type ${type}`);
    this.#fanout(outgoing(this.channel.rooms, [room], type, declared, payload), { except: this.id });
  }

  join(room: string): void | Promise<void> {
    return this.#wire.join(room);
  }

  leave(room: string): void | Promise<void> {
    return this.#wire.leave(room);
  }

  isIn(room: string): boolean {
    return this.#wire.isIn(room);
  }

  /** Sends the document's error message; the connection stays open. */
  fail(error: HubError): void {
    const { message, room } = error;
    this.send("error", this.channel.error({ message, room, timestamp: timestamp(this.#clock) }) as never);
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
    if (this.#open) this.#cleanups.push(cleanup);
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
    this.#lastMessageAt = this.#clock.now();
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
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }

  /** One timer at a time, set again for what is left: nothing is done per message. */
  #watchIdle(idleMs: number): void {
    const check = (): void => {
      const rest = this.#lastMessageAt + idleMs - this.#clock.now();
      if (rest <= 0) this.end("idle");
      else cancel = this.#clock.after(rest, check);
    };
    let cancel = this.#clock.after(idleMs, check);
    this.onClose(() => cancel());
  }

  /** Timers are clamped to what a timer can hold, so a far one looks again when it fires. */
  #at(time: number, action: () => void): () => void {
    let cancel = (): void => {};
    const check = (): void => {
      const rest = time - this.#clock.now();
      if (rest <= 0) action();
      else cancel = this.#clock.after(rest, check);
    };
    cancel = this.#clock.after(time - this.#clock.now(), check);
    return () => cancel();
  }
}
