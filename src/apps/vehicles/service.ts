import { type Clock, type Command, HubError, timestamp } from "junction-hub";
import type { Vehicle, Vehicles } from "./collections.ts";
import { fold, wordsOf } from "./words.ts";

/** Most items that one search gives. */
const MAX_ITEMS = 50;

export interface VehiclesServiceOptions {
  readonly vehicles: Vehicles;
  readonly nextId: () => Promise<number>;
  readonly clock: Clock;
}

export interface VehicleEntry {
  readonly number_plate: string;
  readonly contact_name: string;
  readonly phone_number: string;
}

export type VehiclesService = ReturnType<typeof createVehiclesService>;

/** The vehicles app: who is parked now, and finding them. */
export function createVehiclesService({ vehicles, nextId, clock }: VehiclesServiceOptions) {
  return {
    /** The newest 50 of the vehicles that have a word starting with `term`, and how many there are. */
    async search(term: string): Promise<{ items: Vehicle[]; total: number }> {
      const prefix = fold(term);
      const [items, total] = await Promise.all([
        vehicles.find("byWord", { prefix, descending: true, limit: MAX_ITEMS }),
        vehicles.count("byWord", { prefix }),
      ]);
      return { items, total };
    },

    /** The newest 50 of all vehicles, and how many there are. */
    async newest(): Promise<{ items: Vehicle[]; total: number }> {
      const [items, total] = await Promise.all([
        vehicles.find("byEntry", { descending: true, limit: MAX_ITEMS }),
        vehicles.count("byEntry", {}),
      ]);
      return { items, total };
    },

    async enter(entry: VehicleEntry, command: Command): Promise<Vehicle> {
      const { document } = await vehicles.ensure(parked(await command.number(nextId), entry, timestamp(clock)));
      return document;
    },

    async leave(id: number, command: Command): Promise<void> {
      // Where the command comes again the vehicle may be gone by its own doing: what was found the first time is noted.
      const found = await command.number(async () => ((await vehicles.get(id)) ? 1 : 0));
      if (found === 0) throw new HubError("not_found", "Vehicle not found");
      await vehicles.remove(id);
    },
  };
}

/** The document of a vehicle that entered at `entry_timestamp`. */
export function parked(id: number, entry: VehicleEntry, entry_timestamp: string): Vehicle {
  const { number_plate, contact_name, phone_number } = entry;
  const words = wordsOf(number_plate, contact_name, phone_number);
  return { id, number_plate, contact_name, phone_number, entry_timestamp, words };
}
