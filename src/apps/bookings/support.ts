import { type Clock, timestamp } from "../../hub/clock.ts";
import type { Command } from "../../hub/commands.ts";
import { HubError, isError } from "../../hub/errors.ts";
import type { Identity } from "../../hub/identity.ts";
import { createTurns } from "../../hub/in-turn.ts";
import type { Snapshot } from "../../hub/snapshot.ts";
import type { RoomLog } from "../../store/log.ts";
import { originOf } from "../../store/writes/origin.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { Ticket, TicketMessage, TicketMessages, Tickets } from "./collections.ts";
import { uuid } from "./messages.ts";
import { NAMESPACE, supportRoom } from "./rooms.ts";

/** Most messages that one request gives. */
const PAGE = 1_000;

/** How often a number is tried for that another worker takes at the same moment. */
const MAX_TRIES = 100;

export interface SupportServiceOptions {
  readonly tickets: Tickets;
  readonly messages: TicketMessages;
  readonly log: Pick<RoomLog, "append">;
  readonly broadcasts: Broadcasts;
  readonly snapshot: Snapshot;
  readonly clock: Clock;
}

export type SupportService = ReturnType<typeof createSupportService>;

/** Support tickets and their chats: between the creator of a ticket and the admins. */
export function createSupportService(options: SupportServiceOptions) {
  const { tickets, messages, log, broadcasts, snapshot, clock } = options;
  /** One message of a ticket after another, so that they do not take each other's numbers. */
  const inTurn = createTurns();

  /** The ticket, if there is one and it is the user's business. */
  async function find(id: string, { userId, role }: Identity): Promise<Ticket | undefined> {
    const ticket = uuid.safeParse(id).success ? await tickets.get(id) : undefined;
    return ticket && (role === "admin" || ticket.userId === userId) ? ticket : undefined;
  }

  async function get(id: string, identity: Identity): Promise<Ticket> {
    const ticket = await find(id, identity);
    if (!ticket) throw new HubError("not_found", "Ticket not found");
    return ticket;
  }

  return {
    find,

    async create({ userId }: Identity, subject: string, command: Command): Promise<Ticket> {
      const ticket = { id: command.uuid(), userId, subject, createdAt: timestamp(clock) };
      return (await tickets.ensure(ticket)).document;
    },

    /**
     * The messages of a ticket that come after the one numbered `afterSeq`, at most 1,000, in order. `seq` is the place of
     * the ticket's room where those who join with it as `since` get what comes after the last message of the ticket.
     */
    async list(
      id: string,
      identity: Identity,
      afterSeq: number,
    ): Promise<{ items: readonly TicketMessage[]; seq: number }> {
      await get(id, identity);
      const room = supportRoom(id);
      const { value: items, seqs } = await snapshot({
        namespace: NAMESPACE,
        read: () => messages.find("bySeq", { equals: [id], range: { after: afterSeq }, limit: PAGE }),
        documents: (items) => items,
        rooms: () => [room],
      });
      return { items, seq: seqs.get(room) ?? 0 };
    },

    async post(ticketId: string, identity: Identity, text: string, command: Command): Promise<TicketMessage> {
      await get(ticketId, identity);
      const said = { id: command.uuid(), ticketId, senderId: identity.userId, message: text };
      return inTurn(ticketId, () => append(said));
    },
  };

  /** Takes the number after the last; the store refuses one that is taken, and then it is the next one's turn. */
  async function append(said: Omit<TicketMessage, "seq" | "createdAt">): Promise<TicketMessage> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const [last] = await messages.find("bySeq", { equals: [said.ticketId], descending: true, limit: 1 });
      // Another worker may have stored it and not sent it yet: the room is to have the order of the numbers.
      if (last) await log.append(originOf(last).pending);
      const message: TicketMessage = { ...said, seq: (last?.seq ?? 0) + 1, createdAt: timestamp(clock) };
      try {
        const broadcast = broadcasts.supportMessage(said.ticketId, said.senderId, message);
        return (await messages.ensure(message, [broadcast])).document;
      } catch (error) {
        if (!isError(error, "conflict")) throw error;
      }
    }
    throw new HubError("unavailable");
  }
}
