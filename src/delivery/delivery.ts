import { randomUUID } from "node:crypto";
import type { Clock } from "../hub/clock.ts";
import { every } from "../hub/clock.ts";
import type { Delivering, Joining, Subscriber } from "../hub/delivering.ts";
import { isError } from "../hub/errors.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Fanout, Message, PeerReceiver, Peers, Position, Publication, StoredPublication } from "../hub/message.ts";
import type { Document } from "../store/collection.ts";
import type { RoomLog } from "../store/log.ts";
import { originOf } from "../store/writes/origin.ts";
import type { Relayed, RelayTarget } from "../store/writes/relay.ts";
import { type FaultPoint, noFaults } from "./faults.ts";
import { copyFor } from "./feed.ts";
import { Feeds } from "./feeds.ts";
import { LatestValues } from "./latest.ts";

/** The overlap when the log is read again: clocks of machines differ, and a write takes time; milliseconds. */
const OVERLAP_MS = 10_000;

/** The interval at which the log is read for messages of the other workers while they are lost; milliseconds. */
const POLL_MS = 1_000;

export interface DeliveryOptions {
  readonly log: RoomLog;
  /** Stores a message of class `log` that no document's change has caused. The store then relays it. */
  readonly keep: (message: Message & { readonly id: string }) => Promise<void>;
  /** Real time. */
  readonly clock: Clock;
  readonly events: HubEvents;
  readonly fanout: Fanout;
  readonly peers: Peers;
  readonly faultPoint?: FaultPoint | undefined;
}

/**
 * The delivery of messages by their classes, on this worker and to the others. It appends messages of class `log` to
 * the logs of their rooms, compares the versions of `latest` values, and sends `volatile` messages at once.
 */
export class Delivery implements Delivering, RelayTarget, PeerReceiver {
  readonly #options: DeliveryOptions;
  readonly #latest: LatestValues;
  readonly #feeds: Feeds;
  readonly #faultPoint: FaultPoint;
  /** The messages whose `publish` is under way, by id, with their positions once these are known. */
  readonly #publishing = new Map<string, readonly Position[]>();
  #stopPolling: (() => Promise<void>) | undefined;
  #isClosed = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#faultPoint = options.faultPoint ?? noFaults;
    this.#latest = new LatestValues(options.clock);
    this.#feeds = new Feeds({ ...options, faultPoint: this.#faultPoint });
  }

  async publish(message: Message): Promise<readonly Position[]> {
    if (message.delivery !== "log") throw new Error(`${message.type} is of class ${message.delivery}: broadcast it`);
    const id = message.id ?? randomUUID();
    this.#publishing.set(id, []);
    try {
      await this.#options.keep({ ...message, id });
      const positions = this.#publishing.get(id) ?? [];
      return positions.length > 0 ? positions : await this.#positionsOf(id, message);
    } finally {
      this.#publishing.delete(id);
    }
  }

  broadcast(message: Message, except?: string): void {
    this.#send(this.#unlogged(message), [], except === undefined ? [] : [except]);
  }

  deliver(message: Message): void {
    this.receive(this.#unlogged(message));
  }

  /** Sends the messages of a change that the store has committed; see `Relay`. */
  async relay(messages: readonly StoredPublication[], earlier: readonly StoredPublication[]): Promise<Relayed> {
    this.#faultPoint("written");
    const logged = [...earlier, ...messages].filter(({ message }) => message.delivery === "log");
    const appended = logged.length > 0 ? await this.#options.log.append(logged) : [];
    const positionsOf = new Map(logged.map((stored, i) => [stored, appended[i] ?? []]));
    for (const [{ id }, positions] of positionsOf) if (this.#publishing.has(id)) this.#publishing.set(id, positions);
    const taken: Promise<boolean>[] = [];
    for (const stored of messages) {
      const { message, version } = stored;
      this.#emitPublished(message);
      if (message.delivery === "log") {
        for (const copy of copies(message, positionsOf.get(stored) ?? [])) this.#send(copy, taken);
      } else this.#send(message.delivery === "latest" ? { message, version } : { message }, taken);
    }
    this.#faultPoint("published");
    return taken.length > 0 ? { forGood: allTaken(taken) } : {};
  }

  receive(publication: Publication, except: readonly string[] = []): void {
    this.#deliver(publication, except, false);
  }

  async subscribe(subscriber: Subscriber, room: string, joining: Joining): Promise<void> {
    await this.#feeds.subscribe(subscriber, room, joining);
  }

  unsubscribe(subscriber: Subscriber, room: string): void {
    this.#feeds.unsubscribe(subscriber, room);
  }

  isCurrent(value: Message, version: number, { id }: Subscriber): boolean {
    return this.#latest.isCurrent(value, version, id);
  }

  versionOf(document: Document): number {
    return originOf(document).version;
  }

  /** Reads messages of class `log` from the store until `peersFound`. */
  peersLost(): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    this.#latest.pauseEviction();
    this.#stopPolling ??= every(clock, POLL_MS, () => this.#catchUp(clock.now()));
  }

  peersFound(since: number): void {
    void this.#stopPolling?.();
    this.#stopPolling = undefined;
    for (const value of this.#latest.own()) void this.#options.peers.publish(value);
    this.#latest.resumeEviction();
    void this.#catchUp(since);
  }

  /** Stops the background work. Resolves when it no longer uses the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#stopPolling?.();
  }

  /** Looks up the positions of a message that was published before, or could not be appended to the log yet. */
  async #positionsOf(id: string, { namespace, rooms }: Message): Promise<readonly Position[]> {
    try {
      return await this.#options.log.positions(
        id,
        rooms.map((room) => ({ namespace, room })),
      );
    } catch (error) {
      // The message is stored, which is all that `publish` promises then.
      if (isError(error, "unavailable")) return [];
      throw error;
    }
  }

  /** Makes the publication of a message that is not stored. Throws an `Error` for class `log`. */
  #unlogged(message: Message): Publication {
    const { delivery, type } = message;
    if (delivery === "log") throw new Error(`${type} is of class log: publish it`);
    this.#emitPublished(message);
    return delivery === "latest" ? { message, version: this.#latest.nextVersion(message) } : { message };
  }

  #emitPublished({ namespace, type }: Message): void {
    this.#options.events.emit("published", { namespace, type });
  }

  async #catchUp(since: number): Promise<void> {
    try {
      await this.#feeds.catchUp(since - OVERLAP_MS);
    } catch (error) {
      // The database is unavailable too, so there is no log to read.
      if (isError(error, "unavailable")) return;
      this.#options.events.emit("fault", { where: "catching up with the other workers", error });
    }
  }

  /** Sends a publication to the other workers and to the subscribers on this one. */
  #send(publication: Publication, taken: Promise<boolean>[], except: readonly string[] = []): void {
    const publishing = this.#options.peers.publish(publication, except);
    if (publishing) taken.push(publishing);
    this.#deliver(publication, except, true);
  }

  /** Delivers to the subscribers on this worker, by class. `isOwn`: this worker has sent the publication. */
  #deliver(publication: Publication, except: readonly string[], isOwn: boolean): void {
    const { message } = publication;
    if (message.delivery === "log") this.#feeds.receive(publication);
    else if (message.delivery === "latest") {
      const newer = this.#latest.accept(publication, isOwn);
      if (newer) this.#options.fanout.deliver(message, newer.length > 0 ? [...except, ...newer] : except);
      else this.#options.events.emit("dropped", { delivery: "latest", reason: "older" });
    } else this.#options.fanout.deliver(message, except);
  }
}

/** Makes the copies of a message of class `log`: one for each of its rooms, with the offset there. */
function copies(message: Message, positions: readonly Position[]): Publication[] {
  const several = positions.length > 1 ? { positions } : {};
  return positions.map(({ room, offset }) => ({ message: copyFor(message, room, offset), offset, ...several }));
}

async function allTaken(taken: readonly Promise<boolean>[]): Promise<void> {
  if ((await Promise.all(taken)).includes(false)) throw new Error("Redis was lost before it had taken a message");
}
