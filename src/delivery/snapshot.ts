import type { StoredPublication } from "../hub/message.ts";
import type { Snapshot } from "../hub/snapshot.ts";
import type { RoomLog } from "../store/log.ts";
import { originOf } from "../store/writes/origin.ts";

/** The number of tries to read data while its rooms are written to. */
const MAX_TRIES = 5;

/**
 * Makes the function that reads snapshots. A snapshot is exact when the newest offsets of its rooms are the same before
 * and after the data was read. Each change appends its messages to the log after it is made, so the data covers
 * everything in the log before. Messages of the data that are still in the outboxes of its documents are appended to
 * the log first.
 */
export function createSnapshot(log: RoomLog): Snapshot {
  return async ({ namespace, read, documents, rooms }) => {
    let value = await read();
    let before = await offsetsOf(rooms(value));
    for (let tries = 1; ; tries++) {
      value = await read();
      const pending = documents(value).flatMap((document) => originOf(document).pending);
      await append(pending);
      const after = await offsetsOf(rooms(value));
      if (tries === MAX_TRIES || isSame(before, after)) {
        // A room that the first read did not name has only the offset after the data was read.
        return { value, offsets: new Map([...after].map(([room, offset]) => [room, before.get(room) ?? offset])) };
      }
      before = after;
    }

    async function offsetsOf(names: readonly string[]): Promise<Map<string, number>> {
      const offsets = await log.newest(names.map((room) => ({ namespace, room })));
      return new Map(names.map((room, i) => [room, offsets[i] ?? 0]));
    }
  };

  async function append(pending: readonly StoredPublication[]): Promise<void> {
    const logged = pending.filter(({ message }) => message.delivery === "log");
    if (logged.length > 0) await log.append(logged);
  }
}

function isSame(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): boolean {
  return [...after].every(([room, offset]) => before.get(room) === offset);
}
