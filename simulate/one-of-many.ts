import { Agenda } from "./agenda.ts";
import type { Costs } from "./costs.ts";
import { type Delays, delaysOf } from "./delays.ts";
import type { Demand } from "./options.ts";
import { unevenly } from "./random.ts";
import { spreadOver } from "./spread.ts";
import { type Room, Worker } from "./worker.ts";

/**
 * The load and the delays of one worker. Delays are from publishing, on any worker, to the write to the client's
 * socket.
 */
export interface Condition extends Delays {
  /** The share of its core that it uses; 1 if it is overloaded. */
  readonly busy: number;
  readonly framesPerWrite: number;
}

const NO_DELAYS: Delays = { p50: 0, p99: 0 };

/** Simulated times in microseconds, and the number of deliveries that is enough for the figures. */
const WARM_UP_US = 500_000;
const SHORTEST_US = 2_000_000;
const LONGEST_US = 60_000_000;
const ENOUGH = 100_000;

/** Microseconds between the turns that the costs of idle connections are spread over. */
const IDLE_STEP_US = 10_000;

/** Microseconds of delay from which a worker will not catch up, and between two checks for that. */
const HOPELESS_US = 250_000;
const LOOK_US = 100_000;

/**
 * Simulates one of `workers` equal workers, with its share of the connections, of the publications, and of the messages
 * from its peers. Messages come at random moments (Poisson). `random` returns numbers from 0 up to, but not including,
 * 1.
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

  /** Calls `action` at random moments, `perSecond` times a second on average. */
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

  // Published into rooms with members here, by any of the workers. This worker publishes its own to the peers as well.
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
  // Published by this worker into rooms without members here.
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
  /** Returns true if the worker is so late that its measured time has no meaning. */
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
