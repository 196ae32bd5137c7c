import type { FanOut } from "../bench/scenarios/fan-out.ts";
import { Agenda } from "./agenda.ts";
import { Crowd, type LoadCosts } from "./crowd.ts";
import { type Delays, delaysOf } from "./delays.ts";
import { seededRandom, unevenly } from "./random.ts";
import { type FanOutCosts, type Room, Worker } from "./worker.ts";

/** Everything that a scenario of the benchmark costs, in microseconds. */
export interface BenchCosts extends FanOutCosts, LoadCosts {
  /** One message to another worker: sending it there, and taking it there. Half of it is spent on either side. */
  readonly acrossUs: number;
  /** The same for all that is sent in one turn, however many messages: what is written, and read, together. */
  readonly crossingUs: number;
  /** What else the publishing worker spends on each message; absent: nothing. */
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

/** Simulated time, in microseconds: first as much as it takes to be in swing, then as much as is measured. */
const WARM_UP_US = 200_000;
const MEASURED_US = 1_200_000;

/** Where ticks are rare, at least so many are measured: each is a turn, and one turn is unlike another. */
const TICKS = 300;

const SEED = 1;

export type Plan = Pick<FanOut, "clients" | "rooms" | "plan" | "workers">;

/** What the benchmark would measure in a scenario: its server or servers, its load generator, its ticker. */
export function simulateBench(scenario: Plan, costs: BenchCosts, windowMs: number): Prediction {
  const agenda = new Agenda();
  const vary = unevenly(seededRandom(SEED));
  const crowd = new Crowd(agenda, costs, vary);
  // The kernel lets who is woken over loopback run on the core of who wakes it, while that one is not busy.
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
  return {
    deliveriesPerCpuSecond: (deliveries / busyUs) * 1e6,
    deliveriesPerSecond: (deliveries / measuredUs) * 1e6,
    serverCpu: busyUs / measuredUs,
    loadCpu: (crowd.loop.busyUs - before.load) / measuredUs,
    framesPerWrite: (subscriber.frames - before.frames) / (subscriber.writes - before.writes),
    ...delaysOf(crowd.latencies),
  };
}

/** What is sent to the other worker in a turn leaves at its end, and what comes together is taken in one turn. */
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

/** As `bench/contenders/ticker.ts` does it, with what the load generator acknowledges. */
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
  let told = 0;
  crowd.onProgress(() => {
    const received = Math.floor(crowd.total / deliveriesPerTick);
    if (received < told + step) return;
    told = received;
    loop.give(() => {
      acknowledged = received;
      if (!isWaiting) return;
      isWaiting = false;
      loop.immediately(run);
    }, crowd.loop.now);
  });
}
