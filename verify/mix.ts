import { openBooking, openCustomer } from "./rooms/bookings.ts";
import { openEvent } from "./rooms/events.ts";
import { openInbox } from "./rooms/inboxes.ts";
import type { Room, RoomDeps } from "./rooms/room.ts";
import { allStations, openStation } from "./rooms/stations.ts";
import { openTicket } from "./rooms/tickets.ts";

/** The share of the subscribers and of the changes that a kind of room gets. */
interface Share {
  readonly open: (deps: RoomDeps, number: number) => Promise<Room>;
  readonly subscribers: number;
  readonly changes: number;
}

const SHARES: readonly Share[] = [
  { open: openTicket, subscribers: 0.31, changes: 0.35 },
  { open: openEvent, subscribers: 0.28, changes: 0.28 },
  { open: openStation, subscribers: 0.14, changes: 0.12 },
  { open: openBooking, subscribers: 0.13, changes: 0.12 },
  { open: openCustomer, subscribers: 0.07, changes: 0.07 },
  { open: openInbox, subscribers: 0.07, changes: 0.06 },
];

/** Subscribers of the room of all stations, which gets more messages than any other: a share of them, up to `most`. */
const WATCHERS = { share: 0.02, most: 20 };

/** The fewest subscribers of a room: one by each transport. */
const FEWEST_IN_ROOM = 2;

/** Subscribers per room. They are few, so that there are many rooms and a change concerns only some subscribers. */
const SUBSCRIBERS_PER_ROOM = 10;

/** The fewest subscribers of a run: enough for each kind of room. */
export const FEWEST_SUBSCRIBERS = 20;

/** Rooms of one kind. */
export interface Group {
  readonly rooms: readonly Room[];
  /** Number of subscribers of each room. */
  readonly subscribers: readonly number[];
  readonly changes: number;
}

/** Creates the rooms of a run, with the documents that are changed and watched. */
export async function openRooms(deps: RoomDeps, subscribers: number): Promise<Group[]> {
  const groups: Group[] = [];
  const watchers = Math.min(WATCHERS.most, Math.max(FEWEST_IN_ROOM, Math.floor(subscribers * WATCHERS.share)));
  for (const [i, { open, changes }] of SHARES.entries()) {
    const count = counts(subscribers - watchers)[i] ?? 0;
    const sizes = spread(count, Math.ceil(count / SUBSCRIBERS_PER_ROOM));
    const rooms: Room[] = [];
    for (const number of sizes.keys()) rooms.push(await open(deps, number));
    groups.push({ rooms, subscribers: sizes, changes });
  }
  groups.push({ rooms: [allStations()], subscribers: [watchers], changes: 0 });
  return groups;
}

/** Returns the number of subscribers of each kind; the first kind gets the remainder of the rounding. */
function counts(subscribers: number): number[] {
  const others = SHARES.slice(1).map((share) => Math.max(FEWEST_IN_ROOM, Math.floor(subscribers * share.subscribers)));
  return [others.reduce((left, count) => left - count, subscribers), ...others];
}

/** Splits `count` into `parts` that differ by 1 at most. */
function spread(count: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, i) => Math.floor(count / parts) + (i < count % parts ? 1 : 0));
}
