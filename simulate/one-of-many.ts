import { Agenda } from "./agenda.ts";
import type { Costs } from "./costs.ts";
import { type Delays, delaysOf } from "./delays.ts";
import type { Demand } from "./options.ts";
import { unevenly } from "./random.ts";
import { spreadOver } from "./spread.ts";
import { type Room, Worker } from "./worker.ts";

/** How one worker of a hub is doing. Its delays are from publishing, on whichever worker, to the write to the client's socket. */
export interface Condition extends Delays {
  /** The share of its core that it uses; 1: more is asked of it than it can do. */
  readonly busy: number;
  readonly framesPerWrite: number;
}

const NO_DELAYS: Delays = { p50: 0, p99: 0 };

/** Simulated time in microseconds, and how many deliveries are enough to know. */
const WARM_UP_US = 500_000;
const SHORTEST_US = 2_000_000;
const LONGEST_US = 60_000_000;
const ENOUGH = 100_000;

/** What a worker does anyway is spread over turns so far apart. */
const IDLE_STEP_US = 10_000;

/** A worker that is so far behind, when it is looked at, will not catch up; microseconds. */
const HOPELESS_US = 250_000;
const LOOK_US = 100_000;

/**
 * Simulates one of `workers` alike, with its part of the connections, of the publications, and of the messages that come
 * from the others. Messages come at random moments (Poisson); `random` gives numbers from 0 up to, but not including, 1.
 */
export function simulateOne(demand: Demand, workers: number, costs: Costs, random: () => number): Condition {
  const { rate, changes, windowMs } = demand;
  const transport = costs.doors[demand.transport];
  const connections = demand.connections / workers;
  const latencies: number[] = [];
  let isMeasuring = false;
  const agenda = new Agenda();
  const worker = new Worker(agenda, {
    costs: transport,
    windowMs,
    vary: unevenly(random),
    onWrite(_room, _member, publishedAt, at) {
      if (isMeasuring) for (const published of publishedAt) latencies.push(at - published);
    },
  });
  const { loop } = worker;

  const spread = spreadOver(demand.members, workers);
  const rooms: Room[] = [];
  for (let placed = 0; placed < connections; ) {
    const members = spread.members(random());
    rooms.push({ members });
    placed += members;
  }

  /** Calls `action` at random moments, so many times a second. */
  const often = (perSecond: number, action: (at: number) => void): void => {
    if (perSecond <= 0) return;
    const next = (after: number): void => {
      const at = after - (Math.log(1 - random()) * 1e6) / perSecond;
      agenda.at(at, () => {
        action(at);
        next(at);
      });
    };
    next(0);
  };
  const spendOnChange = (): void => loop.spend(random() < changes ? costs.changeUs.log : 0);
  const acrossUs = workers > 1 ? (transport.acrossUs + transport.crossingUs) / 2 : 0;

  // Into rooms with members here, by any of the workers: this one's own are carried to the others as well.
  often(rooms.length * rate, (at) => {
    const room = rooms[Math.floor(random() * rooms.length)];
    const isOwn = random() < 1 / workers;
    if (!room) return;
    loop.give(() => {
      if (isOwn) spendOnChange();
      loop.spend(acrossUs);
      worker.broadcast(room, at);
    }, at);
  });
  // By this one, into rooms without.
  const allRooms = demand.connections / demand.members;
  often((allRooms * rate * (1 - spread.occupied)) / workers, (at) => {
    loop.give(() => {
      spendOnChange();
      loop.spend(acrossUs);
    }, at);
  });
  const idle = (at: number): void => {
    loop.give(() => loop.spend((connections * (transport.idleUs ?? 0) * IDLE_STEP_US) / 1e6), at);
    agenda.at(at + IDLE_STEP_US, () => idle(at + IDLE_STEP_US));
  };
  idle(0);

  const wanted = (ENOUGH / (connections * rate)) * 1e6;
  const end = WARM_UP_US + Math.min(Math.max(wanted, SHORTEST_US), LONGEST_US);
  /** What it has begun will last so long that what it has spent says nothing. */
  const isBehind = (): boolean => loop.now - agenda.now > HOPELESS_US;
  const runUntil = (end: number): void => {
    while (agenda.now < end && !isBehind()) agenda.runUntil(Math.min(agenda.now + LOOK_US, end));
  };
  runUntil(WARM_UP_US);
  isMeasuring = true;
  const before = { at: agenda.now, busyUs: loop.busyUs, writes: worker.writes, frames: worker.frames };
  runUntil(end);
  const busy = (loop.busyUs - before.busyUs) / (agenda.now - before.at);
  return {
    busy: isBehind() ? 1 : busy,
    framesPerWrite:
      worker.writes > before.writes ? (worker.frames - before.frames) / (worker.writes - before.writes) : 0,
    ...(latencies.length > 0 ? delaysOf(latencies) : NO_DELAYS),
  };
}
