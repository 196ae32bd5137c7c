import { HubError, isError } from "../../hub/errors.ts";
import { createTurns } from "../../hub/in-turn.ts";
import type { Collection, Document } from "../collection.ts";
import { fieldOf, type Index } from "../declaration.ts";
import type { RoomLog } from "../log.ts";
import { originOf } from "./origin.ts";

/** The number of tries to get a number while other workers take it first. */
const MAX_TRIES = 100;

export interface NumberingOptions<T extends Document, I extends string> {
  readonly indexes: ReadonlyMap<string, Index>;
  readonly log: Pick<RoomLog, "append">;
  readonly collection: Pick<Collection<T, I>, "find" | "ensure">;
}

/**
 * Makes `insertNext` for a collection. The unique index refuses a number that another worker has taken; a worker's own
 * inserts for one parent wait for each other.
 */
export function createInsertNext<T extends Document, I extends string>({
  indexes,
  log,
  collection,
}: NumberingOptions<T, I>): Collection<T, I>["insertNext"] {
  const inTurn = createTurns();

  return async (index, parent, build) => {
    const declared = indexes.get(index);
    const field = declared?.fields[parent.length];
    if (!declared?.unique || field === undefined || declared.fields.length !== parent.length + 1) {
      throw new Error(`index ${index} numbers nothing: make it unique, with one field after those of the parent`);
    }
    return inTurn(JSON.stringify([index, parent]), async () => {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const [last] = await collection.find(index, { equals: parent, descending: true, limit: 1 });
        if (last) await appendPending(last);
        const number = (last ? Number(fieldOf(last, field)) : 0) + 1;
        const { document, messages } = build(number);
        if (fieldOf(document, field) !== number) throw new Error(`the ${field} of the next document is ${number}`);
        try {
          return (await collection.ensure(document, messages)).document;
        } catch (error) {
          if (!isError(error, "conflict")) throw error;
        }
      }
      throw new HubError("unavailable");
    });
  };

  /**
   * Appends the last document's messages that another worker has not relayed yet, so that the log has the order of the
   * numbers.
   */
  async function appendPending(last: T): Promise<void> {
    const logged = originOf(last).pending.filter(({ message }) => message.delivery === "log");
    if (logged.length > 0) await log.append(logged);
  }
}
