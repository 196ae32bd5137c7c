import { type Clock, type Command, HubError, type Identity, type Snapshot, timestamp } from "junction-hub";
import type { Broadcasts } from "./broadcasts.ts";
import type { Ticket, TicketMessage, TicketMessages, Tickets } from "./collections.ts";
import { uuid } from "./messages.ts";
import { NAMESPACE, supportRoom } from "./rooms.ts";

/** Most messages in one response. */
const PAGE = 1_000;

export interface SupportServiceOptions {
  readonly tickets: Tickets;
  readonly messages: TicketMessages;
  readonly broadcasts: Broadcasts;
  readonly snapshot: Snapshot;
  readonly clock: Clock;
}

export type SupportService = ReturnType<typeof createSupportService>;

/** Creates the service of support tickets and their chats between the creator of a ticket and the admins. */
export function createSupportService(options: SupportServiceOptions) {
  const { tickets, messages, broadcasts, snapshot, clock } = options;

  /** Returns the ticket if it exists and the user is its creator or an admin. */
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
     * Lists the messages of a ticket numbered above `afterSeq`, in order; at most 1,000. `seq` is an offset in the
     * ticket's room: a client that joins with it as `since` gets the messages after the ticket's last one.
     */
    async list(
      id: string,
      identity: Identity,
      afterSeq: number,
    ): Promise<{ items: readonly TicketMessage[]; seq: number }> {
      await get(id, identity);
      const room = supportRoom(id);
      const { value: items, offsets } = await snapshot({
        namespace: NAMESPACE,
        read: () => messages.find("bySeq", { equals: [id], range: { after: afterSeq }, limit: PAGE }),
        documents: (items) => items,
        rooms: () => [room],
      });
      return { items, seq: offsets.get(room) ?? 0 };
    },

    async post(ticketId: string, identity: Identity, text: string, command: Command): Promise<TicketMessage> {
      await get(ticketId, identity);
      const fields = { id: command.uuid(), ticketId, senderId: identity.userId, message: text };
      return messages.insertNext("bySeq", [ticketId], (seq) => {
        const document = { ...fields, seq, createdAt: timestamp(clock) };
        return { document, messages: [broadcasts.supportMessage(ticketId, fields.senderId, document)] };
      });
    },
  };
}
