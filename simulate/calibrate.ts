import type { ContenderName } from "../bench/contenders/index.ts";
import { type BenchCosts, type Plan, simulateBench } from "./bench.ts";
import { type Costs, DOORS, type Door, type DoorCosts } from "./costs.ts";
import { type Measured, planOf } from "./measured.ts";

/** Of the bench's scenarios these are calibrated on; predictions are checked on others. */
const FROM: Costs["from"] = {
  "writeUs, frameUs": "room-1 and room-10: the same deliveries with 1 and with 10 frames per write",
  broadcastUs: "rooms-1000: rooms of 5 instead of 500",
  acrossUs: "across-workers-1",
  joinUs: "idle-10000",
  idleUs: "idle-10000",
  kibPerConnection: "idle-10000",
  wakeUs: "idle-loop",
  hopUs: "idle-loop",
  "readUs, messageUs": "room-1 and room-10, plain door",
  changeUs: "log-cost",
  redisUs: "rooms-100000",
};

/** The costs that explain a run of the benchmark. Throws when it lacks a scenario that they are made from. */
export function calibrate(measured: Measured): Costs {
  const { date, command, machine } = measured.results;
  const load = loadCosts(measured);
  const doors = { plain: fanOutCosts(measured, "plain"), socketio: fanOutCosts(measured, "socketio") };
  const hopUs = hop(measured, { ...load, ...doors.plain });
  const shared = { ...load, hopUs, wakeUs: 0 };
  for (const door of DOORS) {
    doors[door].acrossUs = across(measured, door, { ...shared, ...doors[door] });
  }
  const redisUs = measured.find("rooms-100000", "junction-plain", "redisUs");
  return {
    source: { file: measured.file, command, date, machine },
    from: FROM,
    ...shared,
    changeUs: {
      log: change(measured, "junction-log", { ...shared, ...doors.plain }),
      volatile: change(measured, "junction-volatile", { ...shared, ...doors.plain }),
    },
    ...(redisUs !== undefined && { redisUs }),
    doors,
  };
}

/** Costs of one delivery as `write + frame + broadcast / members`, with as many writes and members as each scenario has. */
function fanOutCosts(measured: Measured, door: Door): DoorCosts {
  const contender: ContenderName = `junction-${door}`;
  const perDelivery = (scenario: string): number => 1e6 / measured.get(scenario, contender, "deliveriesPerCpuSecond");
  const [one, ten, small] = [perDelivery("room-1"), perDelivery("room-10"), perDelivery("rooms-1000")];
  const [large, few] = [members("room-1"), members("rooms-1000")];
  const writeUs = (one - ten) / (1 - 1 / planOf("room-10").plan.perTick);
  const broadcastUs = Math.max(0, small - one) / (1 / few - 1 / large);
  const joined = measured.get("idle-10000", contender, "joinsPerCpuSecond");
  return {
    writeUs,
    frameUs: Math.max(0, one - writeUs - broadcastUs / large),
    broadcastUs,
    acrossUs: 0,
    joinUs: 1e6 / joined,
    idleUs: (measured.get("idle-10000", contender, "idleCpuMs") * 1_000) / 10_000,
    kibPerConnection: measured.get("idle-10000", contender, "kibPerConnection"),
  };
}

function members(scenario: string): number {
  const { clients, rooms } = planOf(scenario);
  return clients / rooms;
}

/** The load generator reads once for every write. */
function loadCosts(measured: Measured): Pick<Costs, "readUs" | "messageUs"> {
  const perDelivery = (scenario: string): number => {
    const get = (figure: "loadCpu" | "deliveriesPerSecond"): number => measured.get(scenario, "junction-plain", figure);
    return (get("loadCpu") / get("deliveriesPerSecond")) * 1e6;
  };
  const [one, ten] = [perDelivery("room-1"), perDelivery("room-10")];
  const readUs = (one - ten) / (1 - 1 / planOf("room-10").plan.perTick);
  return { readUs, messageUs: Math.max(0, one - readUs) };
}

type Known = Omit<BenchCosts, "wakeUs" | "hopUs"> & Partial<BenchCosts>;

/** What the median latency of an idle hub has beyond the writes and reads before it. */
function hop(measured: Measured, known: Known): number {
  const { p50 } = simulateBench(planOf("idle-loop"), { wakeUs: 0, hopUs: 0, ...known }, 0);
  return Math.max(0, (measured.get("idle-loop", "junction-plain", "p50") - p50) * 1_000);
}

function across(measured: Measured, door: Door, known: BenchCosts): number {
  const wanted = measured.get("across-workers-1", `junction-${door}`, "deliveriesPerCpuSecond");
  const plan = planOf("across-workers-1");
  return solve(1_000, (acrossUs) => simulateBench(plan, { ...known, acrossUs }, 0).deliveriesPerCpuSecond < wanted);
}

/** Clients of the route have their next change made as soon as the one before is answered. */
function change(measured: Measured, contender: ContenderName, known: BenchCosts): number {
  const subscribers = 500;
  const wanted = measured.get("log-cost", contender, "cpuMsPerMessage") * 1_000;
  return solve(20_000, (changeUs) => {
    const plan: Plan = {
      workers: 2,
      clients: subscribers,
      rooms: 1,
      plan: { roomsPerTick: 1, perTick: 1, pace: { perSecond: 1e6 / changeUs } },
    };
    return subscribers / simulateBench(plan, { ...known, changeUs }, 0).deliveriesPerCpuSecond > wanted / 1e6;
  });
}

/** The smallest value up to `most` that is too much, to one part in a thousand of `most`. */
function solve(most: number, isTooMuch: (value: number) => boolean): number {
  let [low, high] = [0, most];
  while (high - low > most / 1_000) {
    const middle = (low + high) / 2;
    if (isTooMuch(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
