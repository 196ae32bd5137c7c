import { type Clock, type Command, HubError, timestamp } from "junction-hub";
import type { Vehicle, Vehicles } from "./collections.ts";
import { fold, wordsOf } from "./words.ts";

/** Most items in the result of one search. */
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

/** Creates the service of parked vehicles: their entry, exit and search. */
export function createVehiclesService({ vehicles, nextId, clock }: VehiclesServiceOptions) {
  return {
    /** Returns the newest 50 of the vehicles that have a word starting with `term`, and the number of all matches. */
    async search(term: string): Promise<{ items: Vehicle[]; total: number }> {
      const prefix = fold(term);
      const [items, total] = await Promise.all([
        vehicles.find("byWord", { prefix, descending: true, limit: MAX_ITEMS }),
        vehicles.count("byWord", { prefix }),
      ]);
      return { items, total };
    },

    /** Returns the newest 50 of all vehicles, and the number of all. */
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
      // The command records if the vehicle was found: when repeated, it may itself have removed the vehicle before.
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
