import { z } from "zod";
import type { LoggedMessage, Receipt, SeenValue } from "./ledger.ts";
import type { Address, Body, Link, Transport } from "./transports.ts";

/** The part of a message that is judged. */
export type Reading =
  | { readonly log: string }
  | { readonly subject: string; readonly value: string }
  | { readonly isTyping: boolean };

/** The way to subscribe to a room and to read its messages. */
export interface Subscription {
  readonly address: Address;
  /** The type of the first message that a client gets. */
  readonly greeting: string;
  /**
   * The message that joins the room after the greeting, and the type of its confirmation. Absent: the address joins.
   */
  readonly request?: { readonly type: string; readonly body: Body; readonly confirmation: string };
  /**
   * True if, before the confirmation, the same messages arrive by another room that the client is in from the start.
   */
  readonly isInOtherBefore?: boolean;
  /** Reads a message; `undefined` for one that is not judged. */
  read(type: string, body: Body): Reading | undefined;
}

export interface SubscriberOptions {
  readonly name: string;
  readonly url: string;
  readonly transport: Transport;
  readonly subscription: Subscription;
  readonly receipt: Receipt;
  /** Called when another client types. */
  readonly onTyping: () => void;
}

/** Milliseconds that a connection has to be confirmed. */
const CONFIRMED_MS = 15_000;

/** Milliseconds before a reconnect, at first and at most; up to as much again is added at random. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 4_000;

const confirmation = z.object({ recovered: z.boolean().optional(), seq: z.number().optional() });
const numbered = z.object({ seq: z.number().optional() });

/** A client that reconnects whenever its connection ends, and resumes from the last message that it has. */
export class Subscriber {
  readonly #options: SubscriberOptions;
  #link: Link | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The newest `seq` that it has received, in a message or a confirmation. */
  #last = 0;
  /** Messages by another room since it connected. They are dropped if the connection ends before its confirmation. */
  readonly #elsewhere: LoggedMessage[] = [];
  #failures = 0;
  #isLive = false;
  #isOver = false;
  /** Time of the last judged message; milliseconds of `performance.now()`. */
  lastArrival = 0;
  /** Number of judged messages received. */
  received = 0;
  /** Messages that could not be read, with the reason. */
  readonly malformed: string[] = [];
  /** The reason why it is not connected; empty while it is. */
  trouble = "";

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  get isLive(): boolean {
    return this.#isLive;
  }

  get name(): string {
    return this.#options.name;
  }

  start(): void {
    const { url, transport, subscription } = this.#options;
    const { address, request } = subscription;
    const since = this.#last;
    const link = transport.open(url, address, request ? undefined : since, {
      message: (type, body) => {
        if (link === this.#link) this.#read(link, since, type, body);
      },
      closed: (reason) => {
        if (link === this.#link) this.#reconnect(reason);
      },
    });
    this.#link = link;
    this.#timer = setTimeout(() => link.close(), CONFIRMED_MS);
  }

  send(type: string, body: Body): void {
    this.#link?.send(type, body);
  }

  stop(): void {
    this.#isOver = true;
    this.#isLive = false;
    clearTimeout(this.#timer);
    this.#link?.close();
  }

  #read(link: Link, since: number, type: string, body: Body): void {
    try {
      this.#receive(link, since, type, body);
    } catch (error) {
      this.malformed.push(`${type} ${JSON.stringify(body)}: ${error instanceof Error ? error.message : error}`);
    }
  }

  #receive(link: Link, since: number, type: string, body: Body): void {
    const { greeting, request, isInOtherBefore } = this.#options.subscription;
    if (!this.#isLive) {
      if (type === "error") {
        this.trouble = String(body.message);
        link.close();
        return;
      }
      if (request && type === greeting) link.send(request.type, { ...request.body, since });
      if (type === (request?.confirmation ?? greeting)) this.#confirm(since, body);
      else this.#take(type, body, isInOtherBefore);
      return;
    }
    this.#take(type, body);
  }

  #confirm(since: number, body: Body): void {
    clearTimeout(this.#timer);
    const { recovered, seq } = confirmation.parse(body);
    this.#options.receipt.log.push({ since, recovered, seq }, ...this.#elsewhere.splice(0));
    if (recovered === false) this.#last = Math.max(this.#last, seq ?? 0);
    this.#isLive = true;
    this.#failures = 0;
    this.trouble = "";
  }

  #take(type: string, body: Body, isElsewhere = false): void {
    const { subscription, receipt, onTyping } = this.#options;
    const reading = subscription.read(type, body);
    if (!reading) return;
    if ("isTyping" in reading) {
      if (reading.isTyping) onTyping();
      return;
    }
    const at = performance.now();
    this.lastArrival = at;
    this.received++;
    if ("log" in reading && isElsewhere) {
      this.#elsewhere.push({ at, key: reading.log, seq: numbered.parse(body).seq, isElsewhere });
    } else if ("log" in reading) {
      const { seq } = numbered.parse(body);
      this.#last = Math.max(this.#last, seq ?? 0);
      receipt.log.push({ at, key: reading.log, seq });
    } else {
      const seen: SeenValue[] = receipt.latest.get(reading.subject) ?? [];
      seen.push({ at, value: reading.value });
      receipt.latest.set(reading.subject, seen);
    }
  }

  #reconnect(reason: string): void {
    clearTimeout(this.#timer);
    this.#link = undefined;
    this.#elsewhere.length = 0;
    this.#isLive = false;
    if (this.#isOver) return;
    this.trouble ||= reason;
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.start(), delay * (1 + Math.random()));
  }
}
