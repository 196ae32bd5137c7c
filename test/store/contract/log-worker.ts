// Another worker that writes to the room log of a test: see log.ts, which starts it and talks to it.
import { systemClock } from "../../../src/hub/clock.ts";
import { openStore } from "../../../src/store/open.ts";
import type { Location } from "./bench.ts";
import { entry } from "./log-bench.ts";

export interface Task {
  readonly location: Location;
  readonly rooms: readonly string[];
  /** The ids of the messages, in the order in which they are appended: so many in a call, ten calls at a time. */
  readonly calls: readonly (readonly string[])[];
}

/** By message that was appended: its places, in the order of the rooms. */
export type Report = Record<string, number[]>;

const { location, rooms, calls } = await new Promise<Task>((resolve) => process.once("message", resolve));
const store = await openStore({ ...location, clock: systemClock, relay: async () => ({}) });

process.once("message", async () => {
  for (let at = 0; at < calls.length; at += 10) await Promise.all(calls.slice(at, at + 10).map(append));
  await store.close();
  process.disconnect();
});
process.send?.("ready");

async function append(ids: readonly string[]): Promise<void> {
  const places = await store.log.append(ids.map((id) => entry(id, ...rooms)));
  const report: Report = Object.fromEntries(places.map((ones, at) => [ids[at], ones.map(({ offset: seq }) => seq)]));
  process.send?.(report);
}
