import { type Api, pick, Refused } from "./api.ts";

/** A sequence of changes. Each call makes the next change and resolves to a line about it for people. */
export type Scene = (api: Api) => Promise<string>;

const CUSTOMERS = ["customer", "secondCustomer"] as const;

/** Returns a scene: seats of event 123 are booked, and some bookings cancelled. */
function seatSales(): Scene {
  const sold: { id: number; by: (typeof CUSTOMERS)[number] }[] = [];
  return async (api) => {
    const giveBack = sold.length > 25 || (sold.length > 3 && Math.random() < 0.35);
    const sale = giveBack ? sold.shift() : undefined;
    if (sale) {
      const answer = await api.call(sale.by, "DELETE", `/api/events/123/bookings/${sale.id}`);
      return `event 123: a booking is cancelled, ${answer.availableSeats} seats left`;
    }
    const by = pick(CUSTOMERS);
    const answer = await api.call(by, "POST", "/api/events/123/bookings", { seats: 1 + Math.floor(Math.random() * 3) });
    sold.push({ id: answer.bookingId as number, by });
    return `event 123: ${answer.seats} seats are booked, ${answer.availableSeats} left`;
  };
}

/** Returns a scene: a battery is booked, made ready, collected, and replaced by a charged one. */
function swaps(): Scene {
  const steps: Scene[] = [];
  return async (api) => {
    const next = steps.shift();
    if (next) return next(api);
    const by = pick(CUSTOMERS);
    const station = pick([1, 2]);
    const at = `/api/stations/${station}`;
    const booking = await api.call(by, "POST", `${at}/bookings`);
    const its = `${at}/bookings/${booking.booking_id}`;
    steps.push(
      async () => {
        await api.call("operator", "POST", `${its}/ready`);
        return `station ${station}: battery ${booking.battery_id} is ready`;
      },
      async () => {
        await api.call(by, "POST", `${its}/collect`);
        return `station ${station}: battery ${booking.battery_id} is collected`;
      },
      async () => {
        await api.call("operator", "POST", `${at}/batteries`, { info: "Tesla Battery - Model 3" });
        return `station ${station}: a charged battery is added`;
      },
    );
    return `station ${station}: battery ${booking.battery_id} is booked`;
  };
}

/** Returns a scene: a booking from its order to its end, with the technician's drive through the city. */
function homeServices(): Scene {
  const steps: Scene[] = [];
  return async (api) => {
    const next = steps.shift();
    if (next) return next(api);
    const technicianId = await api.idOf("technician");
    const booking = await api.call("customer", "POST", "/api/v2/bookings", { service: pick(["Plumbing", "Cleaning"]) });
    const its = `/api/v2/bookings/${booking.id}`;
    const status = (value: string) => async () => {
      await api.call("technician", "PATCH", its, { status: value });
      return `booking ${booking.id}: ${value}`;
    };
    const drive = (part: number) => async () => {
      const location = { latitude: 24.7136 + part * 0.002, longitude: 46.6753 - part * 0.0015 };
      await api.call("technician", "POST", `${its}/location`, location);
      return `booking ${booking.id}: the technician is at ${location.latitude.toFixed(4)}, ${location.longitude.toFixed(4)}`;
    };
    steps.push(
      async () => {
        await api.call("admin", "PATCH", its, { technicianId });
        return `booking ${booking.id}: a technician is assigned`;
      },
      status("en_route"),
      ...Array.from({ length: 8 }, (_, part) => drive(part)),
      ...["arrived", "in_progress", "completed"].map(status),
    );
    return `booking ${booking.id}: ordered`;
  };
}

/** Returns a scene: a customer and support write on a ticket. */
function chats(): Scene {
  let ticket: string | undefined;
  let line = 0;
  const talk = [
    { by: "customer", message: "Hello, when will the technician come?" },
    { by: "admin", message: "Hello, how can I help? Let me look it up." },
    { by: "admin", message: "They are on their way and will be with you in ten minutes." },
    { by: "customer", message: "Thank you!" },
  ] as const;
  return async (api) => {
    ticket ??= (await api.call("customer", "POST", "/api/v2/support/tickets", { subject: "My booking" })).id as string;
    const { by, message } = talk[line++ % talk.length] ?? talk[0];
    await api.call(by, "POST", `/api/v2/support/tickets/${ticket}/messages`, { message });
    return `ticket ${ticket}: “${message}”`;
  };
}

/** Returns a scene: vehicles enter and leave. */
function carPark(): Scene {
  const parked: number[] = [];
  return async (api) => {
    const leaves = parked.length > 10 ? parked.shift() : undefined;
    if (leaves !== undefined) {
      await api.call("apiKey", "DELETE", `/api/vehicles/${leaves}`);
      return `vehicle ${leaves} leaves`;
    }
    const number_plate = `DEM${Math.floor(Math.random() * 900 + 100)}`;
    const vehicle = { number_plate, contact_name: "Demo Driver", phone_number: "+966501234567" };
    parked.push((await api.call("apiKey", "POST", "/api/vehicles", vehicle)).id as number);
    return `vehicle ${number_plate} enters`;
  };
}

/** Returns a scene: spots are reserved and released. */
function parking(): Scene {
  const held: { id: number; by: (typeof CUSTOMERS)[number] }[] = [];
  return async (api) => {
    const ends = held.length > 4 ? held.shift() : undefined;
    if (ends) {
      await api.call(ends.by, "PATCH", `/api/reservations/${ends.id}`, { status: "completed" });
      return `reservation ${ends.id}: completed`;
    }
    const by = pick(CUSTOMERS);
    const lot = pick([1, 2]);
    const { reservation_id } = await api.call(by, "POST", "/api/reservations", { parking_lot_id: lot });
    held.push({ id: reservation_id as number, by });
    return `parking lot ${lot}: reservation ${reservation_id}`;
  };
}

/** Returns all scenes, one per kind. */
export function scenes(): Scene[] {
  return [seatSales(), swaps(), homeServices(), chats(), carPark(), parking()];
}

/** Returns true for a conflict, for example when another user took the last seat. Other errors are unexpected. */
export function isExpected(error: unknown): boolean {
  return error instanceof Refused && error.status === 409;
}
