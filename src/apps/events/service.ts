import {
  type Clock,
  type Command,
  HubError,
  type Identity,
  type Message,
  publisher,
  type Snapshot,
  timestamp,
} from "junction-hub";
import type { Event, Events } from "./collections.ts";
import { outbound } from "./messages.ts";
import * as seats from "./seats.ts";

export const NAMESPACE = "/events";

/** Returns the room of the clients that watch an event. */
export function roomOf(eventId: number): string {
  return `event:${eventId}`;
}

export interface EventsServiceOptions {
  readonly events: Events;
  readonly nextId: () => Promise<number>;
  readonly snapshot: Snapshot;
  readonly clock: Clock;
}

export type EventsService = ReturnType<typeof createEventsService>;

/** An event as permitted users see it, without its bookings. */
export type EventView = Pick<Event, "id" | "name" | "seatCapacity" | "availableSeats" | "visibility">;

/** The result of booking or cancelling: the booking, and the seats that are left. */
export interface Receipt {
  readonly eventId: number;
  readonly bookingId: number;
  readonly availableSeats: number;
  readonly seatCapacity: number;
}

/** Creates the service of events: operations on events and seats, independent of transport and route. */
export function createEventsService({ events, nextId, snapshot, clock }: EventsServiceOptions) {
  const { message } = publisher(NAMESPACE, outbound);

  /**
   * Returns the event. Rejects with the same `HubError("not_found")` when it does not exist or the user may not see
   * it.
   */
  async function visible(id: number, identity: Identity): Promise<Event> {
    const event = Number.isSafeInteger(id) ? await events.get(id) : undefined;
    if (!event || !maySee(event, identity)) throw new HubError("not_found", "Event not found");
    return event;
  }

  function seatUpdate(event: Event): Message {
    return message(roomOf(event.id), "seat_update", seatsOf(event));
  }

  /** Returns the payload of a `seat_update` for the event's current state. */
  function seatsOf({ id, availableSeats, seatCapacity }: Event) {
    return { eventId: id, availableSeats, seatCapacity, timestamp: timestamp(clock) };
  }

  function bookingMessage(type: "booking_created" | "booking_cancelled", { id, availableSeats }: Event): Message {
    return message(roomOf(id), type, { eventId: id, availableSeats, timestamp: timestamp(clock) });
  }

  return {
    visible,
    seatsOf,

    /**
     * Lists the events that the user may see, by id. `seq` is an offset in the event's room: a client that subscribes
     * with it as `since` gets the messages after the listed seats.
     */
    async list(identity: Identity, after: number, limit: number): Promise<(EventView & { seq: number })[]> {
      const { value: listed, offsets } = await snapshot({
        namespace: NAMESPACE,
        read: () => visibleAfter(after, identity, limit),
        documents: (listed) => listed,
        rooms: (listed) => listed.map(({ id }) => roomOf(id)),
      });
      return listed.map((event) => ({ ...viewOf(event), seq: offsets.get(roomOf(event.id)) ?? 0 }));
    },

    async create(
      event: Pick<Event, "name" | "seatCapacity" | "visibility" | "allowedUserIds">,
      command: Command,
    ): Promise<EventView> {
      const id = await command.number(nextId);
      const fresh = { ...event, id, availableSeats: event.seatCapacity, nextBookingId: 1, bookings: {} };
      return viewOf((await events.ensure(fresh)).document);
    },

    async resize(id: number, seatCapacity: number, command: Command): Promise<EventView> {
      const act = (event: Event) => {
        const next = seats.resize(event, seatCapacity);
        return { next, messages: [seatUpdate(next)], result: viewOf(next) };
      };
      return events.modify(id, act, command);
    },

    async book(id: number, identity: Identity, count: number, command: Command): Promise<Receipt> {
      const act = (event: Event) => {
        if (!maySee(event, identity)) throw asIfMissing();
        const { next, bookingId } = seats.book(event, identity.userId, count);
        const messages = [bookingMessage("booking_created", next), seatUpdate(next)];
        return { next, messages, result: receipt(next, bookingId) };
      };
      return events.modify(id, act, command);
    },

    async cancel(id: number, bookingId: number, identity: Identity, command: Command): Promise<Receipt> {
      const act = (event: Event) => {
        if (!maySee(event, identity)) throw asIfMissing();
        const next = seats.cancel(event, bookingId, identity.userId, identity.role === "admin");
        const messages = [bookingMessage("booking_cancelled", next), seatUpdate(next)];
        return { next, messages, result: receipt(next, bookingId) };
      };
      return events.modify(id, act, command);
    },
  };

  async function visibleAfter(id: number, identity: Identity, limit: number): Promise<Event[]> {
    const found: Event[] = [];
    for (let after = id; found.length < limit; ) {
      const page = await events.find("byId", { range: { after }, limit });
      found.push(...page.filter((event) => maySee(event, identity)));
      const last = page.at(-1);
      if (!last || page.length < limit) break;
      after = last.id;
    }
    return found.slice(0, limit);
  }
}

function viewOf({ id, name, seatCapacity, availableSeats, visibility }: Event): EventView {
  return { id, name, seatCapacity, availableSeats, visibility };
}

function receipt({ id, availableSeats, seatCapacity }: Event, bookingId: number): Receipt {
  return { eventId: id, bookingId, availableSeats, seatCapacity };
}

/** Returns the error that the store throws for a missing event. */
function asIfMissing(): HubError {
  return new HubError("not_found");
}

/**
 * Returns true if the user may see the event: a public one, one whose list has the user, or any for operators and
 * admins.
 */
function maySee(event: Event, { userId, role }: Identity): boolean {
  if (event.visibility === "public" || role === "admin" || role === "operator") return true;
  return event.allowedUserIds.includes(userId);
}
