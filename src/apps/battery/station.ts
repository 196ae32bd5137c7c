import { HubError, type Identity } from "junction-hub";
import { type Battery, type BookedBattery, MAX_BATTERIES, type Station } from "./collections.ts";
import type { Inventory, Status } from "./messages.ts";

/**
 * The pure transitions of a station. Each returns the next station, or throws the `HubError` that the client gets. None
 * can book a battery twice. The counts are computed from the batteries each time, so they cannot disagree.
 */

/** Returns a station without batteries. */
export function emptyStation(id: number, name: string, status: Status): Station {
  return { id, name, status, batteries: [] };
}

export function inventoryOf({ batteries }: Station): Inventory {
  const booked = batteries.filter(isBooked).length;
  return {
    available_batteries: batteries.length - booked,
    booked_batteries: booked,
    total_batteries: batteries.length,
  };
}

/** The public view of a station. */
export type StationSummary = Pick<Station, "id" | "name" | "status"> & Inventory;

export function summaryOf(station: Station): StationSummary {
  const { id, name, status } = station;
  return { id, name, status, ...inventoryOf(station) };
}

export function setStatus(station: Station, status: Status): Station {
  return station.status === status ? station : { ...station, status };
}

export function addBattery(station: Station, id: number, info: string): Station {
  if (station.batteries.length >= MAX_BATTERIES) {
    throw new HubError("conflict", `A station holds at most ${MAX_BATTERIES} batteries`);
  }
  return { ...station, batteries: [...station.batteries, { id, info, booking: null }] };
}

/**
 * Books the free battery that was added first. `at` is a timestamp. Throws `HubError("conflict")` when none is free.
 */
export function book(
  station: Station,
  bookingId: number,
  userId: string,
  at: string,
): { next: Station; battery: BookedBattery } {
  const free = station.batteries.find((battery) => !isBooked(battery));
  if (!free) throw new HubError("conflict", "No battery is available at this station");
  const battery = { ...free, booking: { id: bookingId, user_id: userId, booked_at: at, ready_at: null } };
  return { next: replace(station, battery), battery };
}

/** Marks a booked battery as ready. Returns the same station when it was ready already. */
export function markReady(station: Station, bookingId: number, at: string): { next: Station; battery: BookedBattery } {
  const battery = bookedBattery(station, bookingId);
  if (battery.booking.ready_at !== null) return { next: station, battery };
  const ready = { ...battery, booking: { ...battery.booking, ready_at: at } };
  return { next: replace(station, ready), battery: ready };
}

/**
 * Removes a booked battery, on request of its user, an operator or an admin. Throws `HubError("forbidden")` for
 * others.
 */
export function collect(
  station: Station,
  bookingId: number,
  { userId, role }: Identity,
): { next: Station; battery: BookedBattery } {
  const battery = bookedBattery(station, bookingId);
  if (battery.booking.user_id !== userId && role !== "operator" && role !== "admin") {
    throw new HubError("forbidden", "Only its owner may collect a booked battery");
  }
  const left = station.batteries.filter(({ id }) => id !== battery.id);
  return { next: { ...station, batteries: left }, battery };
}

/**
 * Returns the battery of a booking. Throws `HubError("not_found")` when the booking does not exist or was collected.
 */
function bookedBattery({ batteries }: Station, bookingId: number): BookedBattery {
  const battery = batteries.filter(isBooked).find(({ booking }) => booking.id === bookingId);
  if (!battery) throw new HubError("not_found", "Booking not found");
  return battery;
}

function isBooked(battery: Battery): battery is BookedBattery {
  return battery.booking !== null;
}

function replace(station: Station, battery: Battery): Station {
  return { ...station, batteries: station.batteries.map((one) => (one.id === battery.id ? battery : one)) };
}
