import { type Confirmation, isConfirmation, type LoggedMessage, type Receipt, type RoomRecord } from "./ledger.ts";
import type { Tally, Violation } from "./violation.ts";

/** Messages of a room that are kept at least. A client that has missed no more must never get `recovered: false`. */
export const KEPT = 1_000;

/** Number of missing messages that a violation names. */
const NAMED = 3;

/** The order of a room's messages, as all its subscribers together received it. */
interface Order {
  readonly keys: ReadonlyMap<number, string>;
  readonly seqs: ReadonlyMap<string, number>;
  /** The newest `seq` that any subscriber has received, in a message or a confirmation. */
  readonly newest: number;
}

/** Adds a room's `log` messages to `tally` and returns the broken promises. */
export function judgeLog(room: RoomRecord, tally: Tally): Violation[] {
  const order = orderOf(room.receipts);
  if (room.receipts.length > 0) tally.sent += room.log.size;
  tally.due += room.log.size * room.receipts.length;
  return room.receipts.flatMap((receipt) => {
    const judge = new ReceiptJudge(room, receipt, order, tally);
    return judge.judge();
  });
}

/**
 * Derives the order of a room. The first receipt of a `seq` decides which message it stands for; the others must agree.
 */
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

/** Judges the messages that one subscriber received, from the first to the last. */
class ReceiptJudge {
  readonly #room: RoomRecord;
  readonly #receipt: Receipt;
  readonly #order: Order;
  readonly #tally: Tally;
  readonly #violations: Violation[] = [];
  /** Each `seq` that was received, or that `recovered: false` excluded. */
  readonly #accounted = new Set<number>();
  /** The `seq` of the first arrival of each message. */
  readonly #got = new Map<string, number | undefined>();
  /** Messages received by another room: since the last confirmation, and at any time. */
  #elsewhereNow = new Set<string>();
  readonly #elsewhere = new Set<string>();
  #withoutSeq = 0;
  /** The `seq` after which the subscriber must get every message. */
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
    if (count > 0) this.#report("no seq", `${count} messages and confirmations have no seq`, count);
    this.#reportGaps();
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
    if (seq < since) this.#report("order", `got a confirmation with the newest seq ${seq} after it had seq ${since}`);
    if (isFirst) this.#begin = recovered ? since : seq;
    else if (!recovered) this.#skipMissed(since, seq);
    this.#last = Math.max(this.#last, recovered ? since : seq);
  }

  /** Counts the messages from `since` to `seq` as accounted for: the subscriber got `recovered: false`. */
  #skipMissed(since: number, seq: number): void {
    this.#tally.tooOld++;
    if (seq - since <= KEPT)
      this.#report("forgotten", `resumed from seq ${since} and got recovered: false, with seq ${seq}`);
    for (let missed = since + 1; missed <= seq; missed++) this.#accounted.add(missed);
  }

  #take({ key, seq, at }: LoggedMessage): void {
    if (seq !== undefined && this.#accounted.has(seq)) {
      this.#report("repeat", `got seq ${seq} again (${key})`);
      return;
    }
    if (this.#got.has(key)) this.#report("repeat", `got ${key} as seq ${this.#got.get(key)} and again as seq ${seq}`);
    else if (this.#elsewhereNow.has(key)) this.#report("repeat", `got ${key} by another room and again as seq ${seq}`);
    else if (!this.#elsewhere.has(key)) this.#deliver(key, at);
    if (!this.#got.has(key)) this.#got.set(key, seq);
    if (seq === undefined) this.#withoutSeq++;
    else this.#place(seq, key);
  }

  #takeElsewhere({ key, at }: LoggedMessage): void {
    if (this.#got.has(key) || this.#elsewhereNow.has(key)) this.#report("repeat", `got ${key} again, by another room`);
    else if (!this.#elsewhere.has(key)) this.#deliver(key, at);
    this.#elsewhereNow.add(key);
    this.#elsewhere.add(key);
  }

  #deliver(key: string, at: number): void {
    const requestedAt = this.#room.log.get(key);
    if (requestedAt === undefined) return;
    this.#tally.delivered++;
    this.#tally.latencies.push(at - requestedAt);
  }

  #place(seq: number, key: string): void {
    this.#accounted.add(seq);
    if (seq < this.#last) this.#report("order", `got seq ${seq} (${key}) after seq ${this.#last}`);
    this.#last = Math.max(this.#last, seq);
    const other = this.#order.keys.get(seq);
    if (other !== key) this.#report("order", `seq ${seq} is ${key} here and ${other} for another subscriber`);
  }

  #reportGaps(): void {
    const { keys, seqs, newest } = this.#order;
    const missing: string[] = [];
    for (let seq = (this.#begin ?? 0) + 1; seq <= newest; seq++) {
      const key = keys.get(seq);
      const isElsewhere = key !== undefined && this.#elsewhere.has(key);
      if (!this.#accounted.has(seq) && !isElsewhere) missing.push(`seq ${seq} (${key ?? "received by no subscriber"})`);
    }
    // Acknowledged, but received by no subscriber under any seq.
    for (const key of this.#room.log.keys()) {
      if (!seqs.has(key) && !this.#got.has(key) && !this.#elsewhere.has(key)) missing.push(key);
    }
    if (missing.length === 0) return;
    const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : "";
    const detail = `never got ${missing.slice(0, NAMED).join(", ")}${more}; its last is seq ${this.#last}`;
    this.#report("gap", detail, missing.length);
  }

  #report(kind: Violation["kind"], detail: string, count = 1): void {
    this.#violations.push({ kind, count, where: this.#receipt.where, detail });
  }
}
