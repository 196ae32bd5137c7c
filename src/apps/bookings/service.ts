import {
  type AppDeps,
  type Change,
  type Clock,
  type Command,
  HubError,
  type Identity,
  isError,
  timestamp,
} from "junction-hub";
import { begin, change, type Part, type Patch, partOf, report } from "./booking.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { Booking, Bookings } from "./collections.ts";
import { type Location, type LocationUpdate, uuid } from "./messages.ts";
import { bookingRoom, NAMESPACE } from "./rooms.ts";

export interface BookingsServiceOptions {
  readonly bookings: Bookings;
  readonly broadcasts: Broadcasts;
  readonly clock: Clock;
  readonly evict: AppDeps["evict"];
}

export type BookingsService = ReturnType<typeof createBookingsService>;

/** Creates the service of home-service bookings: their operations, independent of transport and route. */
export function createBookingsService({ bookings, broadcasts, clock, evict }: BookingsServiceOptions) {
  /** Runs a transition for a user with a part in the booking. Rejects with `HubError("not_found")` for other users. */
  async function modify<R>(
    id: string,
    identity: Identity,
    transition: (booking: Booking, part: Part) => Change<Booking, R>,
    command: Command,
  ): Promise<R> {
    if (!uuid.safeParse(id).success) throw notFound();
    const act = (booking: Booking): Change<Booking, R> => {
      const part = partOf(booking, identity);
      if (!part) throw notFound();
      return transition(booking, part);
    };
    return bookings.modify(id, act, command).catch((error: unknown) => {
      throw isError(error, "not_found") ? notFound() : error;
    });
  }

  /** Returns the booking if it exists and the user has a part in it. */
  async function find(id: string, identity: Identity): Promise<Booking | undefined> {
    const booking = uuid.safeParse(id).success ? await bookings.get(id) : undefined;
    return booking && partOf(booking, identity) ? booking : undefined;
  }

  return {
    find,

    async get(id: string, identity: Identity): Promise<Booking> {
      const booking = await find(id, identity);
      if (!booking) throw notFound();
      return booking;
    },

    /** Creates a booking owned by the user. Sends no message: a first status is no change of status. */
    async create(
      { userId }: Identity,
      service: string,
      technicianId: string | null,
      command: Command,
    ): Promise<Booking> {
      const booking = begin({ id: command.uuid(), userId, service, technicianId, createdAt: timestamp(clock) });
      return (await bookings.ensure(booking)).document;
    },

    /**
     * Changes the status, the technician or both. The former technician is evicted from the booking's room before this
     * resolves. Clients in the room get an error; a client that is joining is refused by the check after the join.
     */
    async change(id: string, identity: Identity, patch: Patch, command: Command): Promise<Booking> {
      const act = (before: Booking, part: Part) => {
        const next = change(before, part, patch);
        const moved = next.status !== before.status;
        const messages = moved ? [broadcasts.statusUpdate(id, next.userId, next.status)] : [];
        return { next, messages, result: { next, former: before.technicianId } };
      };
      const { next, former } = await modify(id, identity, act, command);
      if (former !== null && former !== next.technicianId) {
        evict(NAMESPACE, bookingRoom(id), former, "You are no longer assigned to this booking");
      }
      return next;
    },

    /** Records the technician's location and sends it to the booking's room. */
    async report(id: string, identity: Identity, location: Location, command: Command): Promise<LocationUpdate> {
      const act = (before: Booking, part: Part) => {
        const at = timestamp(clock);
        const next = report(before, part, location, at);
        const messages = [broadcasts.locationUpdate(id, location, at)];
        return { next, messages, result: { bookingId: id, location, timestamp: at } };
      };
      return modify(id, identity, act, command);
    },
  };
}

function notFound(): HubError {
  return new HubError("not_found", "Booking not found");
}
