import type { Subscriber } from "./subscriber.ts";
import type { Tally } from "./violation.ts";
import { emptyTally } from "./violation.ts";

/** Milliseconds between two `typing` messages. */
const INTERVAL_MS = 200;

/** A chat whose members send `typing`. */
export interface Chat {
  /** Its name on the wire; `name` is the one in the ledger. */
  readonly room: string;
  readonly name: string;
  readonly members: readonly Subscriber[];
}

/** Sends `typing` as subscribers of chats: the `volatile` messages of a run, which may be lost. */
export class Typing {
  readonly tally: Tally = emptyTally();
  readonly #chats: readonly Chat[];
  readonly #sentAt = new Map<string, number>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #turn = 0;

  constructor(chats: readonly Chat[]) {
    this.#chats = chats;
  }

  start(): void {
    this.#timer = setInterval(() => this.#type(), INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Counts a `typing` that a member of the chat `name` has received. */
  received(name: string): void {
    const sentAt = this.#sentAt.get(name);
    if (sentAt === undefined) return;
    this.tally.delivered++;
    this.tally.latencies.push(performance.now() - sentAt);
  }

  #type(): void {
    const turn = this.#turn++;
    const chat = this.#chats[turn % this.#chats.length];
    const present = chat?.members.filter(({ isLive }) => isLive) ?? [];
    const typist = present[turn % present.length];
    if (!chat || !typist) return;
    this.tally.sent++;
    this.tally.due += present.length - 1;
    this.#sentAt.set(chat.name, performance.now());
    typist.send("typing", { room: chat.room, data: { isTyping: true } });
  }
}
