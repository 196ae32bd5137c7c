import { randomUUID } from "node:crypto";
import { type Clock, timestamp } from "../../hub/clock.ts";
import { HubError } from "../../hub/errors.ts";
import type { Identity } from "../../hub/identity.ts";
import { inTurns } from "../../hub/turns.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { Ticket, TicketMessage, TicketMessages, Tickets } from "./collections.ts";
import { uuid } from "./messages.ts";

/** Most messages that one request gives. */
const PAGE = 1_000;

/** How often a number is tried for that another worker takes at the same moment. */
const MAX_TRIES = 100;

export interface SupportServiceOptions {
  readonly tickets: Tickets;
  readonly messages: TicketMessages;
  readonly broadcasts: Broadcasts;
  readonly clock: Clock;
}

export type SupportService = ReturnType<typeof createSupportService>;

/** Support tickets and their chats: between the creator of a ticket and the admins. */
export function createSupportService({ tickets, messages, broadcasts, clock }: SupportServiceOptions) {
  /** One message of a ticket after another, so that they are broadcast in the order of their numbers. */
  const inTurn = inTurns();

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

    async create({ userId }: Identity, subject: string): Promise<Ticket> {
      const ticket: Ticket = { id: randomUUID(), userId, subject, createdAt: timestamp(clock) };
      await tickets.insert(ticket);
      return ticket;
    },

    /** The messages of a ticket that come after the one numbered `afterSeq`, at most 1,000, in order. */
    async list(id: string, identity: Identity, afterSeq: number): Promise<TicketMessage[]> {
      await get(id, identity);
      return messages.find("bySeq", { equals: [id], range: { after: afterSeq }, limit: PAGE });
    },

    async post(id: string, identity: Identity, text: string): Promise<TicketMessage> {
      await get(id, identity);
      return inTurn(id, () => append(id, identity.userId, text));
    },
  };

  /** Takes the number after the last; the store refuses one that is taken, and then it is the next one's turn. */
  async function append(ticketId: string, senderId: string, text: string): Promise<TicketMessage> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const [last] = await messages.find("bySeq", { equals: [ticketId], descending: true, limit: 1 });
      const data = { id: randomUUID(), message: text, createdAt: timestamp(clock) };
      const message: TicketMessage = { ...data, ticketId, senderId, seq: (last?.seq ?? 0) + 1 };
      try {
        await messages.insert(message, [broadcasts.supportMessage(ticketId, senderId, data)]);
        return message;
      } catch (error) {
        if (!(error instanceof HubError && error.code === "conflict")) throw error;
      }
    }
    throw new HubError("unavailable");
  }
}
