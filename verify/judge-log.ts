import { type Confirmation, isConfirmation, type LoggedMessage, type Receipt, type RoomRecord } from "./ledger.ts";
import type { Tally, Violation } from "./violation.ts";

/** How many messages of a room are kept, at least: a client that has missed no more is never told that it is too late. */
export const KEPT = 1_000;

/** How many of the missing are named. */
const NAMED = 3;

/** What all subscribers of a room together know of its order. */
interface Order {
  readonly keys: ReadonlyMap<number, string>;
  readonly seqs: ReadonlyMap<string, number>;
  /** The newest `seq` that anybody has got or been told of. */
  readonly newest: number;
}

/** Adds what became of a room's `log` messages to `tally`; gives the promises that were broken. */
export function judgeLog(room: RoomRecord, tally: Tally): Violation[] {
  const order = orderOf(room.receipts);
  if (room.receipts.length > 0) tally.sent += room.log.size;
  tally.due += room.log.size * room.receipts.length;
  return room.receipts.flatMap((receipt) => {
    const judge = new ReceiptJudge(room, receipt, order, tally);
    return judge.judge();
  });
}

/** Who was first to get a `seq` says which message that is; the others have to agree. */
function orderOf(receipts: readonly Receipt[]): Order {
  const keys = new Map<number, string>();
  const seqs = new Map<string, number>();
  let newest = 0;
  for (const entry of receipts.flatMap(({ log }) => log)) {
    if (!isConfirmation(entry) && entry.isElsewhere) continue;
    newest = Math.max(newest, entry.seq ?? 0);
    if (isConfirmation(entry) || entry.seq === undefined || keys.has(entry.seq)) continue;
    keys.set(entry.seq, entry.key);
    if (!seqs.has(entry.key)) seqs.set(entry.key, entry.seq);
  }
  return { keys, seqs, newest };
}

/** Reads what one subscriber got from the beginning to the end. */
class ReceiptJudge {
  readonly #room: RoomRecord;
  readonly #receipt: Receipt;
  readonly #order: Order;
  readonly #tally: Tally;
  readonly #violations: Violation[] = [];
  /** What it has got, or was told that it will not get. */
  readonly #accounted = new Set<number>();
  /** The `seq` under which each message came first. */
  readonly #got = new Map<string, number | undefined>();
  /** What came by another room: since it was last confirmed, and at any time. */
  #elsewhereNow = new Set<string>();
  readonly #elsewhere = new Set<string>();
  #withoutSeq = 0;
  /** What comes after this `seq` is for it. */
  #begin: number | undefined;
  #last = 0;

  constructor(room: RoomRecord, receipt: Receipt, order: Order, tally: Tally) {
    this.#room = room;
    this.#receipt = receipt;
    this.#order = order;
    this.#tally = tally;
  }

  judge(): Violation[] {
    for (const entry of this.#receipt.log) {
      if (isConfirmation(entry)) this.#confirm(entry);
      else if (entry.isElsewhere) this.#takeElsewhere(entry);
      else this.#take(entry);
    }
    const count = this.#withoutSeq;
    if (count > 0) this.#say("no seq", `${count} messages and confirmations have no seq`, count);
    this.#sayGaps();
    return this.#violations;
  }

  #confirm({ since, recovered, seq }: Confirmation): void {
    const isFirst = this.#begin === undefined;
    this.#elsewhereNow = new Set();
    if (!isFirst) this.#tally.resumed++;
    if (seq === undefined || recovered === undefined) {
      this.#withoutSeq++;
      this.#begin ??= Number.POSITIVE_INFINITY;
      return;
    }
    if (seq < since) this.#say("order", `was told that the newest is seq ${seq} when it had seq ${since}`);
    if (isFirst) this.#begin = recovered ? since : seq;
    else if (!recovered) this.#giveUp(since, seq);
    this.#last = Math.max(this.#last, recovered ? since : seq);
  }

  /** It was told that what it has missed, up to `seq`, cannot be had any more. */
  #giveUp(since: number, seq: number): void {
    this.#tally.tooOld++;
    if (seq - since <= KEPT) this.#say("forgotten", `came back with seq ${since}, was told that the log starts later`);
    for (let missed = since + 1; missed <= seq; missed++) this.#accounted.add(missed);
  }

  #take({ key, seq, at }: LoggedMessage): void {
    if (seq !== undefined && this.#accounted.has(seq)) {
      this.#say("repeat", `got seq ${seq} again (${key})`);
      return;
    }
    if (this.#got.has(key)) this.#say("repeat", `got ${key} as seq ${this.#got.get(key)} and again as seq ${seq}`);
    else if (this.#elsewhereNow.has(key)) this.#say("repeat", `got ${key} by another room and again as seq ${seq}`);
    else if (!this.#elsewhere.has(key)) this.#deliver(key, at);
    if (!this.#got.has(key)) this.#got.set(key, seq);
    if (seq === undefined) this.#withoutSeq++;
    else this.#place(seq, key);
  }

  #takeElsewhere({ key, at }: LoggedMessage): void {
    if (this.#got.has(key) || this.#elsewhereNow.has(key)) this.#say("repeat", `got ${key} again, by another room`);
    else if (!this.#elsewhere.has(key)) this.#deliver(key, at);
    this.#elsewhereNow.add(key);
    this.#elsewhere.add(key);
  }

  #deliver(key: string, at: number): void {
    const askedAt = this.#room.log.get(key);
    if (askedAt === undefined) return;
    this.#tally.delivered++;
    this.#tally.latencies.push(at - askedAt);
  }

  #place(seq: number, key: string): void {
    this.#accounted.add(seq);
    if (seq < this.#last) this.#say("order", `got seq ${seq} (${key}) after seq ${this.#last}`);
    this.#last = Math.max(this.#last, seq);
    const other = this.#order.keys.get(seq);
    if (other !== key) this.#say("order", `seq ${seq} is ${key} here and ${other} for another subscriber`);
  }

  #sayGaps(): void {
    const { keys, seqs, newest } = this.#order;
    const missing: string[] = [];
    for (let seq = (this.#begin ?? 0) + 1; seq <= newest; seq++) {
      const key = keys.get(seq);
      const isElsewhere = key !== undefined && this.#elsewhere.has(key);
      if (!this.#accounted.has(seq) && !isElsewhere) missing.push(`seq ${seq} (${key ?? "nobody got it"})`);
    }
    // Acknowledged, and nobody got it under any seq.
    for (const key of this.#room.log.keys()) {
      if (!seqs.has(key) && !this.#got.has(key) && !this.#elsewhere.has(key)) missing.push(key);
    }
    if (missing.length === 0) return;
    const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : "";
    const detail = `never got ${missing.slice(0, NAMED).join(", ")}${more}; its last is seq ${this.#last}`;
    this.#say("gap", detail, missing.length);
  }

  #say(kind: Violation["kind"], detail: string, count = 1): void {
    this.#violations.push({ kind, count, where: this.#receipt.where, detail });
  }
}
