import { setTimeout as sleep } from "node:timers/promises";
import type { Ledger, Receipt } from "./ledger.ts";
import type { Group } from "./mix.ts";
import { Subscriber } from "./subscriber.ts";
import { transportOf } from "./transports.ts";
import { Typing } from "./typing.ts";
import type { Violation } from "./violation.ts";

/** New connections per second; nginx accepts 200 from one address. */
const RAMP = 150;
const BATCH = 15;

/** Milliseconds that the subscribers have to get in, beyond the ramp. */
const IN_MS = 60_000;

/**
 * Milliseconds without a message after which the run is settled, and the longest wait for that. The first is longer
 * than another worker takes to relay the messages of one that was killed.
 */
const QUIET_MS = 7_000;
const QUIET_WITHIN_MS = 60_000;

/** The subscribers of a run. */
export class Audience {
  readonly typing: Typing;
  readonly #subscribers: Subscriber[] = [];

  constructor(url: string, groups: readonly Group[], ledger: Ledger) {
    const chats = [];
    for (const { rooms, subscribers } of groups) {
      for (const [number, room] of rooms.entries()) {
        const members: Subscriber[] = [];
        for (let i = 0; i < (subscribers[number] ?? 0); i++) {
          const transport = transportOf(number, i);
          const subscription = room.subscription(i);
          const name = `${room.name}, subscriber ${this.#subscribers.length + 1} (${transport.name})`;
          const receipt: Receipt = { where: name, log: [], latest: new Map() };
          ledger.room(room.name).receipts.push(receipt);
          const onTyping = (): void => this.typing.received(room.name);
          const subscriber = new Subscriber({ name, url, transport, subscription, receipt, onTyping });
          this.#subscribers.push(subscriber);
          members.push(subscriber);
        }
        if (room.typing !== undefined) chats.push({ name: room.name, room: room.typing, members });
      }
    }
    this.typing = new Typing(chats);
  }

  get size(): number {
    return this.#subscribers.length;
  }

  get present(): number {
    return this.#subscribers.filter(({ isLive }) => isLive).length;
  }

  /** Counted messages that all subscribers have received so far. */
  get received(): number {
    return this.#subscribers.reduce((sum, { received }) => sum + received, 0);
  }

  /** Connects all subscribers, no faster than a deployment accepts them. Rejects when one does not get in. */
  async enter(): Promise<void> {
    for (const [i, subscriber] of this.#subscribers.entries()) {
      subscriber.start();
      if (i % BATCH === BATCH - 1) await sleep((BATCH * 1_000) / RAMP);
    }
    for (const deadline = performance.now() + IN_MS; performance.now() < deadline; await sleep(100)) {
      if (this.present === this.size) return;
    }
    const absent = this.violations().map(({ where, detail }) => `  ${where}: ${detail}`);
    throw new Error(`${this.size - this.present} subscribers did not get in:\n${absent.slice(0, 5).join("\n")}`);
  }

  /** Resolves when all subscribers are connected and nothing has arrived for `QUIET_MS`, or after `QUIET_WITHIN_MS`. */
  async settle(): Promise<void> {
    const begin = performance.now();
    const last = (): number => this.#subscribers.reduce((at, { lastArrival }) => Math.max(at, lastArrival), begin);
    while (performance.now() < begin + QUIET_WITHIN_MS) {
      await sleep(250);
      if (this.present === this.size && performance.now() > last() + QUIET_MS) return;
    }
  }

  /** Returns the violations of the connections themselves: absent subscribers and malformed messages. */
  violations(): Violation[] {
    return this.#subscribers.flatMap(({ name, isLive, trouble, malformed }): Violation[] => [
      ...(isLive ? [] : [{ kind: "absent", count: 1, where: name, detail: trouble } as const]),
      ...malformed.map((detail) => ({ kind: "malformed", count: 1, where: name, detail }) as const),
    ]);
  }

  leave(): void {
    for (const subscriber of this.#subscribers) subscriber.stop();
  }
}
