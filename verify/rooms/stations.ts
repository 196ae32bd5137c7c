import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Effect } from "../ledger.ts";
import type { Reading, Subscription } from "../subscriber.ts";
import { inboxOf } from "./inboxes.ts";
import type { Room, RoomDeps } from "./room.ts";

/** The room of all stations, and the number of stations that a new client is sent there: those with the lowest ids. */
const ALL = "battery stations";
const SHOWN = 100;

const inventory = z.object({
  available_batteries: z.number(),
  booked_batteries: z.number(),
  total_batteries: z.number(),
});
const update = inventory.extend({ station_id: z.number() });
const ids = z.object({ items: z.array(z.object({ id: z.number() })) });
const created = z.object({ id: z.number() });
const added = inventory.extend({ battery_id: z.number() });
const booked = z.object({ battery_id: z.number(), booking_id: z.number() });
const status = z.object({ message: z.string() });
const battery = z.object({ battery_id: z.number() });

/** Opens the room of a station. Batteries are added, booked, made ready and collected, and its status is published. */
export async function openStation(deps: RoomDeps, number: number): Promise<Room> {
  const { api, people, ledger } = deps;
  const body = { name: `Delivery check ${number}` };
  const { id } = created.parse(await api.change(people.operator, "POST", "/api/stations", body));
  const path = `/api/stations/${id}`;
  const own = `battery station:${id}`;
  const subject = `station ${id}`;
  const both = [own, ALL];
  const shown = ids.parse(await api.get(`/api/stations?limit=${SHOWN}`)).items.some((station) => station.id === id);

  const counts = { available: 0, booked: 0 };
  const bookings: { bookingId: number; batteryId: number; booker: number }[] = [];
  let rank = 0;
  let bookers = number;
  ledger.acknowledged(undefined, [inventoryNow()]);

  function inventoryNow(): Effect {
    const { available, booked } = counts;
    const value = `${available}/${booked}/${available + booked}`;
    // A client that reconnects to the room of all stations is sent the current values of the first ones only.
    return { rooms: shown ? both : [own], latest: { subject, value, rank: rank++ } };
  }

  async function add(): Promise<Effect[]> {
    const battery = added.parse(await api.change(people.operator, "POST", `${path}/batteries`, { info: "Check" }));
    counts.available++;
    return [{ rooms: both, log: `battery_added:${battery.battery_id}` }, inventoryNow()];
  }

  async function setStatus(): Promise<Effect[]> {
    const message = randomUUID();
    await api.change(people.operator, "PATCH", path, { status: "online", message });
    return [{ rooms: both, log: `station_status:${message}` }];
  }

  async function book(): Promise<Effect[]> {
    const booker = bookers++;
    const answer = await api.change(people.customer(booker), "POST", `${path}/bookings`);
    const { battery_id, booking_id } = booked.parse(answer);
    bookings.push({ bookingId: booking_id, batteryId: battery_id, booker });
    counts.available--;
    counts.booked++;
    return [
      { rooms: both, log: `battery_booked:${battery_id}` },
      { rooms: [inboxOf(people.customer(booker))], log: `booking_confirmed:${booking_id}` },
      inventoryNow(),
    ];
  }

  async function makeReady(): Promise<Effect[]> {
    const [next] = bookings;
    if (!next) return [];
    await api.change(people.operator, "POST", `${path}/bookings/${next.bookingId}/ready`);
    return [{ rooms: [inboxOf(people.customer(next.booker))], log: `booking_ready:${next.bookingId}` }];
  }

  async function collect(): Promise<Effect[]> {
    const next = bookings.shift();
    if (!next) return [];
    await api.change(people.customer(next.booker), "POST", `${path}/bookings/${next.bookingId}/collect`);
    counts.booked--;
    return [{ rooms: both, log: `battery_collected:${next.batteryId}` }, inventoryNow()];
  }

  const steps = [add, add, setStatus, book, book, makeReady, collect, setStatus];
  let step = 0;
  return {
    name: own,
    subscription: () => subscription(`/${id}`),
    change: async () => (await steps[step++ % steps.length]?.()) ?? [],
    async readNewest() {
      const now = inventory.parse(await api.get(path));
      for (const room of shown ? both : [own]) ledger.subject(room, subject).newest = written(now);
    },
  };
}

/** Returns the room of all stations, which gets the messages of the stations above too. */
export function allStations(): Room {
  return { name: ALL, subscription: () => subscription("") };
}

function subscription(which: string): Subscription {
  const address = { path: `/battery/ws/stations${which}`, namespace: `/battery/stations${which}`, token: undefined };
  return { address, greeting: "connection_established", read };
}

function read(type: string, body: unknown): Reading | undefined {
  switch (type) {
    case "inventory_update": {
      const { station_id, ...counts } = update.parse(body);
      return { subject: `station ${station_id}`, value: written(counts) };
    }
    case "station_status":
      return { log: `station_status:${status.parse(body).message}` };
    case "battery_added":
    case "battery_booked":
    case "battery_collected":
      return { log: `${type}:${battery.parse(body).battery_id}` };
    default:
      return undefined;
  }
}

function written({ available_batteries, booked_batteries, total_batteries }: z.output<typeof inventory>): string {
  return `${available_batteries}/${booked_batteries}/${total_batteries}`;
}
