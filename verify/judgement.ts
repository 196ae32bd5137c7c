import { judgeLatest } from "./judge-latest.ts";
import { judgeLog } from "./judge-log.ts";
import type { RoomRecord } from "./ledger.ts";
import { emptyTally, type Tally, type Violation } from "./violation.ts";

export interface Judgement {
  readonly log: Tally;
  readonly latest: Tally;
  readonly violations: readonly Violation[];
}

/** Compares the receipts of all subscribers with what was sent to their rooms. */
export function judge(rooms: readonly RoomRecord[]): Judgement {
  const log = emptyTally();
  const latest = emptyTally();
  const violations = rooms.flatMap((room) => [...judgeLog(room, log), ...judgeLatest(room, latest)]);
  return { log, latest, violations };
}
