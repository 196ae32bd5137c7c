import type { FanOut } from "../bench/scenarios/fan-out.ts";
import { Agenda } from "./agenda.ts";
import { Crowd, type LoadCosts } from "./crowd.ts";
import { type Delays, delaysOf } from "./delays.ts";
import { seededRandom, unevenly } from "./random.ts";
import { type FanOutCosts, type Room, Worker } from "./worker.ts";

/** The costs of a scenario of the benchmark, in microseconds. */
export interface BenchCosts extends FanOutCosts, LoadCosts {
  /** One message to another worker: publishing it and receiving it. Half of it is spent on either side. */
  readonly acrossUs: number;
  /** The fixed cost of all messages sent in one turn, for one write and one read, whatever their number. */
  readonly crossingUs: number;
  /** Other costs of each message on the publishing worker; absent: none. */
  readonly publishUs?: number;
}

export interface Prediction extends Delays {
  readonly deliveriesPerCpuSecond: number;
  readonly deliveriesPerSecond: number;
  /** Busy shares of a core. */
  readonly serverCpu: number;
  readonly loadCpu: number;
  readonly framesPerWrite: number;
}

/** Simulated time in microseconds: to warm up, and to be measured. */
const WARM_UP_US = 200_000;
const MEASURED_US = 1_200_000;

/** The fewest ticks that are measured if ticks are rare: each is a turn, and turns differ. */
const TICKS = 300;

const SEED = 1;

export type Plan = Pick<FanOut, "clients" | "rooms" | "plan" | "workers">;

/** Predicts the figures of a scenario of the benchmark. Simulates its servers, its load generator and its ticker. */
export function simulateBench(scenario: Plan, costs: BenchCosts, windowMs: number): Prediction {
  const agenda = new Agenda();
  const vary = unevenly(seededRandom(SEED));
  const crowd = new Crowd(agenda, costs, vary);
  // The kernel runs a process that is woken over loopback on the core of the one that wakes it, unless that is busy.
  const options = { costs, windowMs, wokenUs: costs.wokenReadUs, onWrite: crowd.receive, vary };
  const publisher = new Worker(agenda, options);
  const subscriber = (scenario.workers ?? 1) > 1 ? new Worker(agenda, options) : publisher;
  const workers = [...new Set([publisher, subscriber])];
  const rooms = roomsOf(scenario);
  const across = crossing(publisher, subscriber, costs);
  publishByPlan(
    scenario,
    publisher,
    crowd,
    (room, at) => {
      publisher.loop.spend(costs.publishUs ?? 0);
      if (subscriber === publisher) publisher.broadcast(room, at);
      else across(room, at);
    },
    rooms,
  );

  const busy = (): number => workers.reduce((sum, { loop }) => sum + loop.busyUs, 0);
  const { pace } = scenario.plan;
  const measuredUs = "perSecond" in pace ? Math.max(MEASURED_US, (TICKS * 1e6) / pace.perSecond) : MEASURED_US;
  agenda.runUntil(WARM_UP_US);
  const before = {
    busy: busy(),
    load: crowd.loop.busyUs,
    total: crowd.total,
    writes: subscriber.writes,
    frames: subscriber.frames,
  };
  crowd.latencies = [];
  agenda.runUntil(WARM_UP_US + measuredUs);
  const deliveries = crowd.total - before.total;
  const busyUs = busy() - before.busy;
  // Sorting a million latencies takes a third of the time, and the calibration asks for none.
  let known: Delays | undefined;
  const delays = (): Delays => {
    known ??= delaysOf(crowd.latencies);
    return known;
  };
  return {
    deliveriesPerCpuSecond: (deliveries / busyUs) * 1e6,
    deliveriesPerSecond: (deliveries / measuredUs) * 1e6,
    serverCpu: busyUs / measuredUs,
    loadCpu: (crowd.loop.busyUs - before.load) / measuredUs,
    framesPerWrite: (subscriber.frames - before.frames) / (subscriber.writes - before.writes),
    get p50() {
      return delays().p50;
    },
    get p99() {
      return delays().p99;
    },
  };
}

/** Returns a function that sends to the other worker. Messages leave at the end of a turn and arrive in one turn. */
function crossing(from: Worker, to: Worker, { acrossUs, crossingUs }: BenchCosts) {
  let leaving: { readonly room: Room; readonly at: number }[] = [];
  return (room: Room, at: number): void => {
    from.loop.spend(acrossUs / 2);
    if (leaving.push({ room, at }) > 1) return;
    from.loop.immediately(() => {
      const together = leaving;
      leaving = [];
      from.loop.spend(crossingUs / 2);
      to.loop.give(() => {
        to.loop.spend(crossingUs / 2);
        for (const { room, at } of together) {
          to.loop.spend(acrossUs / 2);
          to.broadcast(room, at);
        }
      }, from.loop.now);
    });
  };
}

function roomsOf({ clients, rooms }: Plan): Room[] {
  return Array.from({ length: rooms }, (_, i) => ({ members: Math.floor((clients - i - 1) / rooms) + 1 }));
}

/** Publishes as `bench/contenders/ticker.ts` does, with the acknowledgements of the load generator. */
function publishByPlan(
  { clients, plan: { roomsPerTick, perTick, pace } }: Plan,
  { loop }: Worker,
  crowd: Crowd,
  publish: (room: Room, at: number) => void,
  rooms: readonly Room[],
): void {
  let next = 0;
  let ticks = 0;
  const tick = (at: number): void => {
    ticks += 1;
    for (let i = 0; i < roomsPerTick; i++) {
      const room = rooms[next] ?? { members: 0 };
      next = (next + 1) % rooms.length;
      for (let message = 0; message < perTick; message++) publish(room, at);
    }
  };

  if ("perSecond" in pace) {
    const dueAt = (): number => (ticks * 1e6) / pace.perSecond;
    const run = (): void => {
      while (dueAt() <= loop.now) tick(loop.now - dueAt() <= 2_000 ? loop.now : dueAt());
      loop.after(dueAt() - loop.now, run);
    };
    loop.give(run, 0);
    return;
  }

  let acknowledged = 0;
  let isWaiting = false;
  const run = (): void => {
    tick(loop.now);
    if (ticks - acknowledged < pace.outstanding) loop.immediately(run);
    else isWaiting = true;
  };
  loop.give(run, 0);

  const deliveriesPerTick = (clients / rooms.length) * roomsPerTick * perTick;
  const step = Math.max(1, pace.outstanding / 4);
  let reported = 0;
  crowd.onProgress(() => {
    const received = Math.floor(crowd.total / deliveriesPerTick);
    if (received < reported + step) return;
    reported = received;
    loop.give(() => {
      acknowledged = received;
      if (!isWaiting) return;
      isWaiting = false;
      loop.immediately(run);
    }, crowd.loop.now);
  });
}
