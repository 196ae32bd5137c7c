import type { Clock } from "../hub/clock.ts";
import { every } from "../hub/clock.ts";
import type { Delivering, Joining, Subscriber } from "../hub/delivering.ts";
import { isError } from "../hub/errors.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Fanout, Message, Position, Publication, StoredPublication } from "../hub/message.ts";
import type { Document } from "../store/collection.ts";
import type { RoomLog } from "../store/log.ts";
import { originOf } from "../store/writes/origin.ts";
import type { Relayed } from "../store/writes/relay.ts";
import { type FaultPoint, noFaults } from "./faults.ts";
import { copyFor } from "./feed.ts";
import { Feeds } from "./feeds.ts";
import { LatestValues } from "./latest.ts";

/** Clocks of machines differ, and a write takes its time; by so much earlier the log is read again. Milliseconds. */
const MARGIN_MS = 10_000;

/** How often the log is read for what the other workers write while they cannot be heard; milliseconds. */
const POLL_MS = 1_000;

export interface DeliveryOptions {
  readonly log: RoomLog;
  /** Keeps a message of class `log` that no document's change has caused, and relays it as those are. */
  readonly keep: (message: Message) => Promise<void>;
  /** Real time. */
  readonly clock: Clock;
  readonly events: HubEvents;
  readonly fanout: Fanout;
  readonly faultPoint?: FaultPoint | undefined;
}

/**
 * Delivers messages as their classes promise, on this worker and to the others: gives those of class `log` their places,
 * compares the versions of `latest` values, and sends the rest as they come.
 */
export class Delivery implements Delivering {
  readonly #options: DeliveryOptions;
  readonly #latest: LatestValues;
  readonly #feeds: Feeds;
  readonly #faultPoint: FaultPoint;
  #stopPolling: (() => Promise<void>) | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#faultPoint = options.faultPoint ?? noFaults;
    this.#latest = new LatestValues(options.clock);
    this.#feeds = new Feeds({ ...options, faultPoint: this.#faultPoint });
  }

  /** The store's `Relay`: sends the messages of a change that is committed. */
  async relay(messages: readonly StoredPublication[], earlier: readonly StoredPublication[]): Promise<Relayed> {
    this.#faultPoint("written");
    const logged = [...earlier, ...messages].filter(({ message }) => message.delivery === "log");
    const places = logged.length > 0 ? await this.#options.log.append(logged) : [];
    const placeOf = new Map(logged.map((stamped, i) => [stamped, places[i] ?? []]));
    const carried: Promise<boolean>[] = [];
    for (const stamped of messages) {
      const { message, version } = stamped;
      const { namespace, type, delivery } = message;
      this.#options.events.emit("published", { namespace, type });
      if (delivery === "log") {
        for (const copy of copies(message, placeOf.get(stamped) ?? [])) this.#send(copy, carried);
      } else this.#send(delivery === "latest" ? { message, version } : { message }, carried);
    }
    this.#faultPoint("published");
    return carried.length > 0 ? { forGood: allTaken(carried) } : {};
  }

  publish(message: Message, except?: string): Promise<void> | void {
    const { namespace, type, delivery } = message;
    if (delivery === "log") return this.#options.keep(message);
    this.#options.events.emit("published", { namespace, type });
    const version = delivery === "latest" ? { version: this.#latest.nextVersion(message) } : {};
    this.#send({ message, ...version }, [], except === undefined ? [] : [except]);
  }

  publishHere(message: Message): void {
    const { namespace, type, delivery } = message;
    this.#options.events.emit("published", { namespace, type });
    this.receive(delivery === "latest" ? { message, version: this.#latest.nextVersion(message) } : { message });
  }

  /** Takes what another worker has carried here. */
  receive(delivery: Publication, except: readonly string[] = []): void {
    this.#show(delivery, except, false);
  }

  async subscribe(member: Subscriber, room: string, joining: Joining): Promise<void> {
    await this.#feeds.subscribe(member, room, joining);
  }

  unsubscribe(member: Subscriber, room: string): void {
    this.#feeds.unsubscribe(member, room);
  }

  isCurrent(value: Message, version: number, { id }: Subscriber): boolean {
    return this.#latest.isCurrent(value, version, id);
  }

  versionOf(document: Document): number {
    return originOf(document).version;
  }

  /** The other workers cannot be heard: until they can, their messages of class `log` are read from the store. */
  peersLost(): void {
    const { clock } = this.#options;
    this.#latest.pauseEviction();
    this.#stopPolling ??= every(clock, POLL_MS, () => this.#catchUp(clock.now()));
  }

  /** They, or one of them, can be heard again; `since` is when that was no longer sure, in milliseconds since the epoch. */
  peersFound(since: number): void {
    void this.#stopPolling?.();
    this.#stopPolling = undefined;
    for (const value of this.#latest.own()) void this.#options.fanout.carry(value);
    this.#latest.resumeEviction();
    void this.#catchUp(since);
  }

  /** Resolves when it no longer uses the store by itself. */
  async close(): Promise<void> {
    await this.#stopPolling?.();
  }

  async #catchUp(since: number): Promise<void> {
    try {
      await this.#feeds.catchUp(since - MARGIN_MS);
    } catch (error) {
      // With the database away too there is nothing to be caught up with.
      if (isError(error, "unavailable")) return;
      this.#options.events.emit("fault", { where: "catching up with the other workers", error });
    }
  }

  #send(delivery: Publication, carried: Promise<boolean>[], except: readonly string[] = []): void {
    const carrying = this.#options.fanout.carry(delivery, except);
    if (carrying) carried.push(carrying);
    this.#show(delivery, except, true);
  }

  /** To this worker's members. */
  #show(delivery: Publication, except: readonly string[], isOwn: boolean): void {
    const { message } = delivery;
    if (message.delivery === "log") this.#feeds.receive(delivery);
    else if (message.delivery === "latest") {
      const newer = this.#latest.accept(delivery, isOwn);
      if (newer) this.#options.fanout.show(message, newer.length > 0 ? [...except, ...newer] : except);
      else this.#options.events.emit("dropped", { delivery: "latest", reason: "older" });
    } else this.#options.fanout.show(message, except);
  }
}

/** A message of class `log` as it goes to each of its rooms, with its place there. */
function copies(message: Message, positions: readonly Position[]): Publication[] {
  const several = positions.length > 1 ? { positions } : {};
  return positions.map(({ room, offset }) => ({ message: copyFor(message, room, offset), offset, ...several }));
}

async function allTaken(carried: readonly Promise<boolean>[]): Promise<void> {
  if ((await Promise.all(carried)).includes(false)) throw new Error("Redis was lost before it had taken a message");
}
