import { BROADCASTERS, type ContenderName, IN_NODE } from "../contenders/index.ts";
import { booking } from "./booking.ts";
import { type FanOut, fanOut } from "./fan-out.ts";
import { herd } from "./herd.ts";
import { idle, TWO_HEARTBEATS_MS } from "./idle.ts";
import { logCost } from "./log-cost.ts";
import { manyRooms } from "./many-rooms.ts";
import type { Scenario } from "./scenario.ts";

const without = (...names: ContenderName[]): ContenderName[] => BROADCASTERS.filter((name) => !names.includes(name));

/** Contenders that connect several servers. */
const CLUSTERED: ContenderName[] = [
  ...IN_NODE.filter((name) => name !== "ws" && name !== "ws-joined"),
  "django-channels",
];

/** Contenders for idle clients, for which a window and joined writes make no difference. */
const DIFFERENT_WHEN_IDLE = without("junction-plain-2ms", "junction-socketio-2ms", "ws-joined");

/** Contenders with a known number of frames per write, from which the simulation derives its costs. */
const UNJOINED: ContenderName[] = ["junction-plain-0ms", "junction-socketio-0ms"];

/** Scenarios in which clients receive the messages that are published into their rooms. */
export const FAN_OUTS: readonly FanOut[] = [
  {
    name: "room-1",
    title: "One room of 500, 1 message a tick, as fast as the receivers follow",
    contenders: [...BROADCASTERS, ...UNJOINED],
    clients: 500,
    rooms: 1,
    plan: { roomsPerTick: 1, perTick: 1, pace: { outstanding: 32 } },
  },
  {
    name: "room-10",
    title: "One room of 500, 10 messages a tick, as fast as the receivers follow",
    contenders: [...BROADCASTERS, ...UNJOINED],
    clients: 500,
    rooms: 1,
    plan: { roomsPerTick: 1, perTick: 10, pace: { outstanding: 8 } },
  },
  {
    name: "room-100",
    title: "One room of 500, 100 messages a tick, as fast as the receivers follow",
    contenders: [...UNJOINED, "ws-joined"],
    clients: 500,
    rooms: 1,
    plan: { roomsPerTick: 1, perTick: 100, pace: { outstanding: 4 } },
  },
  {
    name: "rooms-1000",
    title: "5,000 clients in 1,000 rooms; each tick 1 message into each of 100 rooms, which take turns",
    contenders: BROADCASTERS,
    clients: 5_000,
    rooms: 1_000,
    plan: { roomsPerTick: 100, perTick: 1, pace: { outstanding: 40 } },
  },
  {
    name: "locations",
    title: "50 rooms of 20, 20 updates a second into each room, evenly spread",
    contenders: without("django-channels"),
    clients: 1_000,
    rooms: 50,
    plan: { roomsPerTick: 1, perTick: 1, pace: { perSecond: 50 * 20 } },
  },
  {
    name: "latency",
    title: "One room of 500, 20 messages a second",
    contenders: BROADCASTERS,
    clients: 500,
    rooms: 1,
    plan: { roomsPerTick: 1, perTick: 1, pace: { perSecond: 20 } },
  },
  {
    name: "idle-loop",
    title: "One room of 100, 10 messages a second: what the loop's idleness leaves of the latency",
    contenders: BROADCASTERS,
    clients: 100,
    rooms: 1,
    plan: { roomsPerTick: 1, perTick: 1, pace: { perSecond: 10 } },
  },
  {
    name: "across-workers-1",
    title: "Published on one worker, 500 subscribers on another, Redis between; 1 message a tick",
    contenders: CLUSTERED,
    workers: 2,
    clients: 500,
    rooms: 1,
    plan: { roomsPerTick: 1, perTick: 1, pace: { outstanding: 32 } },
  },
  {
    name: "across-workers",
    title: "Published on one worker, 500 subscribers on another, Redis between; 10 messages a tick",
    contenders: CLUSTERED,
    workers: 2,
    clients: 500,
    rooms: 1,
    plan: { roomsPerTick: 1, perTick: 10, pace: { outstanding: 8 } },
  },
];

/** All scenarios, in the order in which they are run. */
export const SCENARIOS: readonly Scenario[] = [
  ...FAN_OUTS.map(fanOut),
  idle({ clients: 2_000, contenders: DIFFERENT_WHEN_IDLE }),
  idle({ clients: 10_000, contenders: DIFFERENT_WHEN_IDLE, watchedMs: TWO_HEARTBEATS_MS }),
  herd({ clients: 5_000, contenders: DIFFERENT_WHEN_IDLE }),
  booking,
  logCost,
  manyRooms({ rooms: 100_000, occupied: 1_000, contenders: ["junction-plain", "socketio"] }),
];
