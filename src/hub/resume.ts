import { z } from "zod";
import type { Client } from "./client.ts";
import type { Resumed } from "./delivering.ts";
import { HubError } from "./errors.ts";

/** The place of the last message that a client has seen of a room, as a client sends it to resume; see `Joining`. */
export const since = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** The same where it comes as text, in a URL. */
const written = z.union([
  since,
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);

/** What a confirmation adds for a client that has asked with `since`; fields of its schema. */
export const resumed = { recovered: z.boolean().optional(), seq: since.optional() };

/** What a client's handshake says, `undefined` where it says nothing, `NaN` where it cannot be read. */
export function sinceOf(handshake: unknown): number | undefined {
  if (handshake === undefined || handshake === null || handshake === "") return undefined;
  const parsed = written.safeParse(handshake);
  return parsed.success ? parsed.data : Number.NaN;
}

/** What the client's handshake asks to be resumed from. One that cannot be read is told to the client, and left at that. */
export function sinceGiven(client: Pick<Client, "since" | "fail">): number | undefined {
  const { since } = client;
  if (since === undefined || !Number.isNaN(since)) return since;
  client.fail(new HubError("invalid_field", "Invalid since: expected the place of a message, a whole number"));
  return undefined;
}

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
  client: Pick<Client, "join">,
  [first, ...others]: readonly JoinedRoom[],
  confirm: (resumed: readonly Resumed[]) => void | Promise<void>,
): Promise<void> {
  if (!first) return confirm([]);
  await client.join(first.room, {
    since: first.since,
    confirm: (resumed) => joinAll(client, others, (further) => confirm([resumed, ...further])),
  });
}
