import type { StoredPublication } from "../hub/message.ts";
import type { Snapshot } from "../hub/snapshot.ts";
import type { RoomLog } from "../store/log.ts";
import { originOf } from "../store/writes/origin.ts";

/** How often data is read anew because its rooms were written to meanwhile. */
const MAX_TRIES = 5;

/**
 * A snapshot is exact when its rooms stand after it was read where they stood before: each change puts its messages in the
 * log after it is made, so what the rooms had before is in the data; and what the data has beyond that is still in the
 * outboxes of its documents, and is put in the log first.
 */
export function createSnapshot(log: RoomLog): Snapshot {
  return async ({ namespace, read, documents, rooms }) => {
    let value = await read();
    let before = await placesOf(rooms(value));
    for (let tries = 1; ; tries++) {
      value = await read();
      const pending = documents(value).flatMap((document) => originOf(document).pending);
      await append(pending);
      const after = await placesOf(rooms(value));
      if (tries === MAX_TRIES || isSame(before, after)) {
        // A room that nothing was known of before the data was read stands where it stood after it.
        return { value, seqs: new Map([...after].map(([room, seq]) => [room, before.get(room) ?? seq])) };
      }
      before = after;
    }

    async function placesOf(names: readonly string[]): Promise<Map<string, number>> {
      const seqs = await log.newest(names.map((room) => ({ namespace, room })));
      return new Map(names.map((room, i) => [room, seqs[i] ?? 0]));
    }
  };

  async function append(pending: readonly StoredPublication[]): Promise<void> {
    const logged = pending.filter(({ message }) => message.delivery === "log");
    if (logged.length > 0) await log.append(logged);
  }
}

function isSame(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): boolean {
  return [...after].every(([room, seq]) => before.get(room) === seq);
}
