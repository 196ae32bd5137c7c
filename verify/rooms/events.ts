import { z } from "zod";
import type { Effect } from "../ledger.ts";
import type { Reading, Subscription } from "../subscriber.ts";
import type { Room, RoomDeps } from "./room.ts";

/** Seats of an event: more than a run can book. */
const SEATS = 100_000;

const numbers = z.object({ availableSeats: z.number() });
const event = z.object({ id: z.number() });
const booking = numbers.extend({ bookingId: z.number() });
const page = z.object({ items: z.array(numbers) });
const update = numbers.extend({ eventId: z.number() });

/**
 * Opens the room of an event with 100,000 seats. If `number` is even, seats are only sold, several at once. If it is
 * odd, a seat is sold and given back, then two are sold, one change after the other. So no number of seats comes twice
 * in messages of one type.
 */
export async function openEvent({ api, people, ledger }: RoomDeps, number: number): Promise<Room> {
  const body = { name: `Delivery check ${number}`, seatCapacity: SEATS };
  const { id } = event.parse(await api.change(people.operator, "POST", "/api/events", body));
  const name = `events event:${id}`;
  const subject = `event ${id}`;
  let changes = 0;
  ledger.acknowledged(undefined, [{ rooms: [name], latest: { subject, value: String(SEATS), rank: 0 } }]);

  function effects(type: string, seats: number, rank: number): Effect[] {
    return [
      { rooms: [name], log: `${type}:${seats}` },
      { rooms: [name], latest: { subject, value: String(seats), rank } },
    ];
  }

  async function book(seats: number): Promise<{ bookingId: number; availableSeats: number }> {
    return booking.parse(await api.change(people.customer(number), "POST", `/api/events/${id}/bookings`, { seats }));
  }

  async function sell(): Promise<Effect[]> {
    const { availableSeats } = await book(1);
    return effects("booking_created", availableSeats, SEATS - availableSeats);
  }

  let given: number | undefined;
  async function sellOrTakeBack(): Promise<Effect[]> {
    const step = changes++ % 3;
    if (step === 1) {
      const path = `/api/events/${id}/bookings/${given}`;
      const { availableSeats } = numbers.parse(await api.change(people.customer(number), "DELETE", path));
      return effects("booking_cancelled", availableSeats, changes);
    }
    const { bookingId, availableSeats } = await book(step === 0 ? 1 : 2);
    given = bookingId;
    return effects("booking_created", availableSeats, changes);
  }

  const isSale = number % 2 === 0;
  return {
    name,
    subscription: (i) => subscription(id, people.customer(i).token, i),
    change: isSale ? sell : sellOrTakeBack,
    atOnce: isSale ? 4 : 1,
    async readNewest() {
      const { items } = page.parse(await api.get(`/api/events?after=${id - 1}&limit=1`, people.operator));
      ledger.subject(name, subject).newest = String(items[0]?.availableSeats);
    },
  };
}

function subscription(id: number, token: string, i: number): Subscription {
  const common = { greeting: "connection_established", read };
  if (i % 4 < 2) return { ...common, address: { path: `/events/ws/events/${id}`, namespace: `/events/${id}`, token } };
  return {
    ...common,
    address: { path: "/events/ws", namespace: "/events", token },
    request: { type: "subscribe_event", body: { eventId: id }, confirmation: "subscribed" },
  };
}

function read(type: string, body: unknown): Reading | undefined {
  if (type !== "seat_update" && type !== "booking_created" && type !== "booking_cancelled") return undefined;
  const { eventId, availableSeats } = update.parse(body);
  if (type === "seat_update") return { subject: `event ${eventId}`, value: String(availableSeats) };
  return { log: `${type}:${availableSeats}` };
}
