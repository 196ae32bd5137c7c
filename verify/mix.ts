import { openBooking, openCustomer } from "./rooms/bookings.ts";
import { openEvent } from "./rooms/events.ts";
import { openInbox } from "./rooms/inboxes.ts";
import type { Room, Workshop } from "./rooms/room.ts";
import { allStations, openStation } from "./rooms/stations.ts";
import { openTicket } from "./rooms/tickets.ts";

/** What part of the subscribers and of the changes a kind of room gets. */
interface Share {
  readonly open: (workshop: Workshop, number: number) => Promise<Room>;
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

/** Some watch all stations at once, where more happens than in any other room; never more than this. */
const WATCHERS = { share: 0.02, most: 20 };

/** In every room somebody comes by each transport. */
const FEWEST_IN_ROOM = 2;

/** Few in each room, so that there are many rooms, and a change is not work for all. */
const SUBSCRIBERS_PER_ROOM = 10;

/** The fewest subscribers that make sense: enough for each kind of room. */
export const FEWEST_SUBSCRIBERS = 20;

/** Rooms of one kind. */
export interface Group {
  readonly rooms: readonly Room[];
  /** How many subscribe to each room. */
  readonly subscribers: readonly number[];
  readonly changes: number;
}

/** Makes everything that is to be changed and watched. */
export async function openRooms(workshop: Workshop, subscribers: number): Promise<Group[]> {
  const groups: Group[] = [];
  const watchers = Math.min(WATCHERS.most, Math.max(FEWEST_IN_ROOM, Math.floor(subscribers * WATCHERS.share)));
  for (const [i, { open, changes }] of SHARES.entries()) {
    const count = counts(subscribers - watchers)[i] ?? 0;
    const sizes = spread(count, Math.ceil(count / SUBSCRIBERS_PER_ROOM));
    const rooms: Room[] = [];
    for (const number of sizes.keys()) rooms.push(await open(workshop, number));
    groups.push({ rooms, subscribers: sizes, changes });
  }
  groups.push({ rooms: [allStations()], subscribers: [watchers], changes: 0 });
  return groups;
}

/** How many subscribers each kind gets; the first has what rounding leaves. */
function counts(subscribers: number): number[] {
  const others = SHARES.slice(1).map((share) => Math.max(FEWEST_IN_ROOM, Math.floor(subscribers * share.subscribers)));
  return [others.reduce((left, count) => left - count, subscribers), ...others];
}

/** `count` in `parts` as equal as they can be. */
function spread(count: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, i) => Math.floor(count / parts) + (i < count % parts ? 1 : 0));
}
