import { type Collection, type OpenCollection, z } from "junction-hub";

/** A vehicle that is parked now; one that leaves is removed. */
const vehicle = z.object({
  id: z.number().int().positive(),
  number_plate: z.string(),
  contact_name: z.string(),
  phone_number: z.string(),
  /** ISO 8601, so that its order as text is its order in time. */
  entry_timestamp: z.iso.datetime(),
  /** Texts that are matched by their prefixes against search terms; see `words.ts`. */
  words: z.array(z.string()),
});

export type Vehicle = z.infer<typeof vehicle>;

export type Vehicles = Collection<Vehicle, "byWord" | "byEntry">;

export function openVehicles(collection: OpenCollection): Promise<Vehicles> {
  return collection("vehicles", vehicle, {
    indexes: {
      byWord: { fields: ["words"], order: "entry_timestamp" },
      byEntry: { fields: ["entry_timestamp"] },
    },
  });
}
