import { setTimeout as sleep } from "node:timers/promises";
import type { Ledger, Receipt } from "./ledger.ts";
import type { Group } from "./mix.ts";
import { Subscriber } from "./subscriber.ts";
import { transportOf } from "./transports.ts";
import { Typing } from "./typing.ts";
import type { Violation } from "./violation.ts";

/** New connections a second; nginx takes 200 from one address. */
const RAMP = 150;
const BATCH = 15;

/** How long they have to get in; milliseconds, beyond the ramp. */
const IN_MS = 60_000;

/**
 * Nothing more is waited for when nothing has come for so long: longer than another worker takes to send what one that
 * was killed has left. And how long is waited for that, at most. Milliseconds.
 */
const QUIET_MS = 7_000;
const QUIET_WITHIN_MS = 60_000;

/** All subscribers of a run. */
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
          const onTyping = (): void => this.typing.heard(room.name);
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

  /** Messages that count, so far. */
  get received(): number {
    return this.#subscribers.reduce((sum, { received }) => sum + received, 0);
  }

  /** Lets them in, no faster than a deployment takes them. Rejects when one does not get in. */
  async enter(): Promise<void> {
    for (const [i, subscriber] of this.#subscribers.entries()) {
      subscriber.start();
      if (i % BATCH === BATCH - 1) await sleep((BATCH * 1_000) / RAMP);
    }
    for (const deadline = performance.now() + IN_MS; performance.now() < deadline; await sleep(100)) {
      if (this.present === this.size) return;
    }
    const absent = this.violations().map(({ where, detail }) => `  ${where}: ${detail}`);
    throw new Error(`${this.size - this.present} subscribers do not get in:\n${absent.slice(0, 5).join("\n")}`);
  }

  /** Resolves when all are there and nothing has come for a while, or that takes too long. */
  async settle(): Promise<void> {
    const begin = performance.now();
    const last = (): number => this.#subscribers.reduce((at, { lastArrival }) => Math.max(at, lastArrival), begin);
    while (performance.now() < begin + QUIET_WITHIN_MS) {
      await sleep(250);
      if (this.present === this.size && performance.now() > last() + QUIET_MS) return;
    }
  }

  /** What is wrong with the connections themselves: who is not there, and what could not be read. */
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
