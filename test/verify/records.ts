import type { Confirmation, LoggedMessage, Receipt, RoomRecord } from "../../verify/ledger.ts";

/** A subscriber that came at the beginning of the room and got these messages or confirmations. */
export function receipt(where: string, ...entries: (LoggedMessage | Confirmation)[]): Receipt {
  return { where, log: [confirmed(0, 0), ...entries], latest: new Map() };
}

/** `key` came as `seq`, 5 ms after it was asked for. */
export function got(seq: number | undefined, key: string): LoggedMessage {
  return { at: 105, key, seq };
}

/** The same by another room. */
export function gotElsewhere(seq: number, key: string): LoggedMessage {
  return { at: 105, key, seq, isElsewhere: true };
}

export function confirmed(since: number, seq: number | undefined, recovered: boolean | undefined = true): Confirmation {
  return { since, seq, recovered: seq === undefined ? undefined : recovered };
}

/** A room in which these changes were acknowledged. */
export function room(keys: readonly string[], ...receipts: Receipt[]): RoomRecord {
  return { name: "room", log: new Map(keys.map((key) => [key, 100])), latest: new Map(), receipts };
}
