import type { Subscriber } from "./subscriber.ts";
import type { Tally } from "./violation.ts";
import { emptyTally } from "./violation.ts";

/** Between two who begin to type; milliseconds. */
const INTERVAL_MS = 200;

/** A chat in which somebody may type. */
export interface Chat {
  /** Its name on the wire, and in the ledger. */
  readonly room: string;
  readonly name: string;
  readonly members: readonly Subscriber[];
}

/** Subscribers of chats who say that they are typing: the `volatile` messages of a run, which nobody has to get. */
export class Typing {
  readonly tally: Tally = emptyTally();
  readonly #chats: readonly Chat[];
  readonly #saidAt = new Map<string, number>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #turn = 0;

  constructor(chats: readonly Chat[]) {
    this.#chats = chats;
  }

  start(): void {
    this.#timer = setInterval(() => this.#say(), INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Somebody in the chat `name` has heard that another is typing. */
  heard(name: string): void {
    const saidAt = this.#saidAt.get(name);
    if (saidAt === undefined) return;
    this.tally.delivered++;
    this.tally.latencies.push(performance.now() - saidAt);
  }

  #say(): void {
    const turn = this.#turn++;
    const chat = this.#chats[turn % this.#chats.length];
    const present = chat?.members.filter(({ isLive }) => isLive) ?? [];
    const typist = present[turn % present.length];
    if (!chat || !typist) return;
    this.tally.sent++;
    this.tally.due += present.length - 1;
    this.#saidAt.set(chat.name, performance.now());
    typist.send("typing", { room: chat.room, data: { isTyping: true } });
  }
}
