import type { GivenValue, Receipt, RoomRecord, Subject } from "./ledger.ts";
import type { Tally, Violation } from "./violation.ts";

/**
 * Adds what became of a room's `latest` values to `tally`; gives the promises that were broken. A subscriber may skip
 * values, and gets the current one again when it comes back; it must not go back, and must end on the newest.
 */
export function judgeLatest(room: RoomRecord, tally: Tally): Violation[] {
  return [...room.latest].flatMap(([name, subject]) => {
    const values = subject.values.toSorted((one, other) => one.rank - other.rank);
    const given = values.filter(({ at }) => at !== undefined).length;
    if (room.receipts.length > 0) tally.sent += given;
    tally.due += given * room.receipts.length;
    return room.receipts.flatMap((receipt) => judgeReceipt({ name, subject, values, receipt }, tally));
  });
}

interface Case {
  readonly name: string;
  readonly subject: Subject;
  /** In the order in which the subject had them. */
  readonly values: readonly GivenValue[];
  readonly receipt: Receipt;
}

function judgeReceipt({ name, subject, values, receipt }: Case, tally: Tally): Violation[] {
  const violations: Violation[] = [];
  const { where } = receipt;
  const seen = receipt.latest.get(name) ?? [];
  tally.delivered += seen.length;

  // What was got fits when it is found in what was given, one after the other, if each is matched as early as possible.
  let position = -1;
  for (const { value, at } of seen) {
    if (values[position]?.value === value) continue;
    const next = values.findIndex((given, i) => i > position && given.value === value);
    if (next < 0) {
      if (subject.isUncertain && !values.some((given) => given.value === value)) continue;
      const after = values[position]?.value ?? "the first value";
      violations.push({ kind: "went back", count: 1, where, detail: `${name} was ${value} after ${after}` });
      continue;
    }
    position = next;
    const askedAt = values[next]?.at;
    if (askedAt !== undefined) tally.latencies.push(at - askedAt);
  }

  const newest = subject.newest ?? (subject.isUncertain ? undefined : values.at(-1)?.value);
  const last = seen.at(-1)?.value;
  if (newest !== undefined && last !== newest) {
    const detail = `${name} is ${newest} in the end, the last it got is ${last ?? "nothing"}`;
    violations.push({ kind: "not newest", count: 1, where, detail });
  }
  return violations;
}
