import { reply, z } from "junction-hub";

/** Longest search term in characters, longer than any that a person would type. */
const MAX_TERM = 64;

export const term = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(MAX_TERM, `must be at most ${MAX_TERM} characters`);

export const vehicleView = z.object({
  id: z.number().int(),
  number_plate: z.string(),
  contact_name: z.string(),
  phone_number: z.string(),
  entry_timestamp: z.iso.datetime(),
});

/** Results of a search: up to 50 items. `total` counts every match. */
export const results = z.object({ items: z.array(vehicleView), total: z.number().int().nonnegative() });

/** Messages from clients. */
export const inbound = { search: z.object({ term }) };

/** Messages to clients. */
export const outbound = {
  search_results: reply(results),
  error: reply(z.object({ detail: z.string() })),
};
