import type { GivenValue, Receipt, RoomRecord, Subject } from "./ledger.ts";
import type { Tally, Violation } from "./violation.ts";

/**
 * Adds a room's `latest` values to `tally` and returns the broken promises. A subscriber may skip values, and gets the
 * current one again when it reconnects. It must not go back to an older one, and must end on the newest.
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

  // The received values are in order if each, matched as early as possible, comes after the one before it.
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
    const requestedAt = values[next]?.at;
    if (requestedAt !== undefined) tally.latencies.push(at - requestedAt);
  }

  const newest = subject.newest ?? (subject.isUncertain ? undefined : values.at(-1)?.value);
  const last = seen.at(-1)?.value;
  if (newest !== undefined && last !== newest) {
    const detail = `${name} is ${newest} in the end, the last value received is ${last ?? "none"}`;
    violations.push({ kind: "not newest", count: 1, where, detail });
  }
  return violations;
}
