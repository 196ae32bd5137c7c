import type { Connection } from "./connection.ts";
import type { Resumed } from "./delivering.ts";

export interface JoinedRoom {
  readonly room: string;
  /** See `Joining`. */
  readonly since: number | undefined;
}

/**
 * Joins several rooms with one confirmation: `confirm` is called once the client is in all of them, before anything of
 * any of them reaches it, with what there is to say of each, in their order. Rejects as `Connection.join` does, the client
 * being in none of them.
 */
export async function joinAll(
  client: Pick<Connection, "join">,
  [first, ...others]: readonly JoinedRoom[],
  confirm: (resumed: readonly Resumed[]) => void | Promise<void>,
): Promise<void> {
  if (!first) return confirm([]);
  await client.join(first.room, {
    since: first.since,
    confirm: (resumed) => joinAll(client, others, (further) => confirm([resumed, ...further])),
  });
}
