import { z } from "zod";
import type { Effect } from "../ledger.ts";
import type { Person } from "../people.ts";
import type { Reading, Subscription } from "../subscriber.ts";
import type { Room, RoomDeps } from "./room.ts";

/** The states of a booking after it has a technician. `completed` is left out, because it deletes the location. */
const ON_THE_WAY = ["en_route", "arrived", "in_progress"];
const WHOLE_LIFE = ["confirmed", "assigned", ...ON_THE_WAY, "completed"];

/** Number of locations that are reported before the next status. */
const LOCATIONS = 4;

const created = z.object({ id: z.string() });
const statusUpdate = z.object({ bookingId: z.string(), status: z.string() });
const locationUpdate = z.object({
  bookingId: z.string(),
  location: z.object({ latitude: z.number(), longitude: z.number() }),
});

/** Opens the room of a booking whose technician drives. Its owner, its technician and an admin subscribe. */
export async function openBooking(deps: RoomDeps, number: number): Promise<Room> {
  const { api, people, ledger } = deps;
  const { technician, admin } = people;
  const owner = people.customer(number);
  const id = await create(deps, owner);
  await api.change(admin, "PATCH", `/api/v2/bookings/${id}`, { technicianId: technician.id });
  const name = `bookings booking:${id}`;
  let changes = 0;
  ledger.acknowledged(undefined, await drive());

  async function drive(): Promise<Effect[]> {
    const location = { latitude: changes / 10_000, longitude: 45 };
    await api.change(technician, "POST", `/api/v2/bookings/${id}/location`, location);
    return [{ rooms: [name], latest: { subject: `booking ${id}`, value: written(location), rank: changes } }];
  }

  return {
    name,
    subscription(i) {
      const person = [owner, admin, technician][Math.floor(i / 2) % 3] ?? owner;
      return {
        ...connection(person),
        request: { type: "join", body: { room: `booking:${id}` }, confirmation: "joined_room" },
        isInOtherBefore: person === owner,
        // The owner gets messages about all their bookings.
        read: (type, body) => readOf(type, body, id),
      };
    },
    async change() {
      const status = changes++ % (LOCATIONS + 1) === LOCATIONS && ON_THE_WAY[Math.floor(changes / (LOCATIONS + 1)) - 1];
      return status ? moveOn(deps, owner, id, status) : drive();
    },
  };
}

/** Opens the room of all bookings of a customer, who orders one after the other. */
export async function openCustomer(deps: RoomDeps, number: number): Promise<Room> {
  const owner = deps.people.customer(number);
  let id: string | undefined;
  let step = 0;
  return {
    name: roomOf(owner),
    subscription: () => ({ ...connection(owner), read: (type, body) => readOf(type, body) }),
    async change() {
      id ??= await create(deps, owner);
      const status = WHOLE_LIFE[step++] ?? "completed";
      const effects = await moveOn(deps, owner, id, status);
      if (step === WHOLE_LIFE.length) {
        id = undefined;
        step = 0;
      }
      return effects;
    },
  };
}

async function create({ api }: RoomDeps, owner: Person): Promise<string> {
  return created.parse(await api.change(owner, "POST", "/api/v2/bookings", { service: "Delivery check" })).id;
}

/** Sets a status, which is published to the rooms of the booking and of its owner. */
async function moveOn({ api, people }: RoomDeps, owner: Person, id: string, status: string): Promise<Effect[]> {
  await api.change(people.admin, "PATCH", `/api/v2/bookings/${id}`, { status });
  return [{ rooms: [`bookings booking:${id}`, roomOf(owner)], log: `status_update:${id}:${status}` }];
}

function roomOf({ id }: Person): string {
  return `bookings user:${id}`;
}

function connection({ token }: Person): Pick<Subscription, "address" | "greeting"> {
  return { address: { path: "/bookings/ws", namespace: "/bookings", token }, greeting: "connected" };
}

/** Reads a message about the booking `only`, or about any. */
function readOf(type: string, body: unknown, only?: string): Reading | undefined {
  if (type !== "status_update" && type !== "location_update") return undefined;
  const { bookingId } = z.object({ bookingId: z.string() }).parse(body);
  if (only !== undefined && bookingId !== only) return undefined;
  if (type === "status_update") return { log: `status_update:${bookingId}:${statusUpdate.parse(body).status}` };
  return { subject: `booking ${bookingId}`, value: written(locationUpdate.parse(body).location) };
}

function written({ latitude, longitude }: { latitude: number; longitude: number }): string {
  return `${latitude},${longitude}`;
}
