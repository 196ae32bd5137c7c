import { type Clock, timestamp } from "../../hub/clock.ts";
import { HubError } from "../../hub/errors.ts";
import type { Identity } from "../../hub/identity.ts";
import { type Outgoing, publisher } from "../../hub/publish.ts";
import type { Collection } from "../../store/collection.ts";
import type { Event } from "./collections.ts";
import { outbound } from "./messages.ts";
import * as seats from "./seats.ts";

export const NAMESPACE = "/events";

/** The room of all who watch an event. */
export function roomOf(eventId: number): string {
  return `event:${eventId}`;
}

export interface EventsServiceOptions {
  readonly events: Collection<Event, "byId">;
  readonly nextId: () => Promise<number>;
  readonly clock: Clock;
}

export type EventsService = ReturnType<typeof createEventsService>;

/** The events app: what can be done with events and seats, by whichever door or route it is asked for. */
export function createEventsService({ events, nextId, clock }: EventsServiceOptions) {
  const { message } = publisher(NAMESPACE, outbound);

  /** The event, or the same "not found" whether it does not exist or is not for this user's eyes. */
  async function visible(id: number, identity: Identity): Promise<Event> {
    const event = Number.isSafeInteger(id) ? await events.get(id) : undefined;
    if (!event || !maySee(event, identity)) throw new HubError("not_found", "Event not found");
    return event;
  }

  function seatUpdate(event: Event): Outgoing {
    return message(roomOf(event.id), "seat_update", seatsOf(event));
  }

  /** The payload of a `seat_update` for the event as it is. */
  function seatsOf({ id, availableSeats, seatCapacity }: Event) {
    return { eventId: id, availableSeats, seatCapacity, timestamp: timestamp(clock) };
  }

  function bookingMessage(type: "booking_created" | "booking_cancelled", { id, availableSeats }: Event): Outgoing {
    return message(roomOf(id), type, { eventId: id, availableSeats, timestamp: timestamp(clock) });
  }

  return {
    visible,
    seatsOf,

    /** The events this user may see, by id. */
    async list(identity: Identity, after: number, limit: number): Promise<Event[]> {
      const found: Event[] = [];
      for (let from = after; found.length < limit; ) {
        const page = await events.find("byId", { range: { after: from }, limit });
        found.push(...page.filter((event) => maySee(event, identity)));
        const last = page.at(-1);
        if (!last || page.length < limit) break;
        from = last.id;
      }
      return found.slice(0, limit);
    },

    async create(event: Pick<Event, "name" | "seatCapacity" | "visibility" | "allowedUserIds">): Promise<Event> {
      const created: Event = {
        ...event,
        id: await nextId(),
        availableSeats: event.seatCapacity,
        nextBookingId: 1,
        bookings: {},
      };
      await events.insert(created);
      return created;
    },

    async resize(id: number, seatCapacity: number): Promise<Event> {
      return events.modify(id, (event) => {
        const next = seats.resize(event, seatCapacity);
        return { next, messages: [seatUpdate(next)], result: next };
      });
    },

    async book(id: number, identity: Identity, count: number): Promise<{ event: Event; bookingId: number }> {
      return events.modify(id, (event) => {
        if (!maySee(event, identity)) throw asIfMissing();
        const { next, bookingId } = seats.book(event, identity.userId, count);
        const messages = [bookingMessage("booking_created", next), seatUpdate(next)];
        return { next, messages, result: { event: next, bookingId } };
      });
    },

    async cancel(id: number, bookingId: number, identity: Identity): Promise<Event> {
      return events.modify(id, (event) => {
        if (!maySee(event, identity)) throw asIfMissing();
        const next = seats.cancel(event, bookingId, identity.userId, identity.role === "admin");
        return { next, messages: [bookingMessage("booking_cancelled", next), seatUpdate(next)], result: next };
      });
    },
  };
}

/** What the store says of an event that is not there. */
function asIfMissing(): HubError {
  return new HubError("not_found");
}

/** Public events are for all; private ones for those on their list and for the people who run events. */
function maySee(event: Event, { userId, role }: Identity): boolean {
  if (event.visibility === "public" || role === "admin" || role === "operator") return true;
  return event.allowedUserIds.includes(userId);
}
