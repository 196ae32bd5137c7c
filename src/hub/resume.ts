import { z } from "zod";
import type { Client } from "./client.ts";
import type { Resumed } from "./delivering.ts";
import { HubError } from "./errors.ts";

/** The offset of the last message that a client has of a room, as the client sends it to resume; see `Joining`. */
export const since = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** The same offset as a number, or as text in a URL. */
const numberOrText = z.union([
  since,
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);

/** The fields that a confirmation has for a client that sent `since`; for its schema. */
export const resumed = { recovered: z.boolean().optional(), seq: since.optional() };

/** Parses the `since` of a handshake. Returns `undefined` if there is none, `NaN` if it is malformed. */
export function sinceOf(handshake: unknown): number | undefined {
  if (handshake === undefined || handshake === null || handshake === "") return undefined;
  const parsed = numberOrText.safeParse(handshake);
  return parsed.success ? parsed.data : Number.NaN;
}

/**
 * Returns the `since` of the client's handshake. For a malformed one it sends the client an error, and returns
 * `undefined`.
 */
export function sinceGiven(client: Pick<Client, "since" | "fail">): number | undefined {
  const { since } = client;
  if (since === undefined || !Number.isNaN(since)) return since;
  client.fail(new HubError("invalid_field", "Invalid since: expected the place of a message, a whole number"));
  return undefined;
}

/** A room to join, and where to resume in it. */
export interface JoinedRoom {
  readonly room: string;
  /** See `Joining`. */
  readonly since: number | undefined;
}

/**
 * Joins several rooms with one confirmation. `confirm` runs once the client is in all of them, before any message of
 * them reaches it. It gets the answer to the `since` of each room, in their order. Rejects as `Client.join` does. After
 * a rejection the client is in none of them.
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
