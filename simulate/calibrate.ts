import type { ContenderName } from "../bench/contenders/index.ts";
import { type BenchCosts, type Plan, simulateBench } from "./bench.ts";
import { type Costs, DEFAULT_WINDOW_MS, type Transport, type TransportCosts } from "./costs.ts";
import type { LoadCosts } from "./crowd.ts";
import { type Measured, planOf } from "./measured.ts";
import type { FanOutCosts } from "./worker.ts";

/** The scenarios of the benchmark that each cost is derived from. Predictions are checked on other scenarios. */
const FROM = {
  /** Measured without a window: exactly 1 and exactly 100 frames per write. */
  writeUs: ["room-1", "room-100"],
  frameUs: ["room-1", "room-100"],
  /** Measured with the default window, by the number of frames that it joins. */
  firstUs: ["room-1"],
  /** Measured on a program that has no queues. */
  copyUs: ["room-1", "room-100"],
  readUs: ["room-1", "room-100"],
  messageUs: ["room-1", "room-100"],
  /** Few messages, one at a time. */
  wakeUs: ["latency"],
  wokenReadUs: ["latency"],
  /** Rooms of 5 instead of 500. */
  broadcastUs: ["rooms-1000"],
  /** 1 and 10 messages together. */
  acrossUs: ["across-workers-1", "across-workers"],
  crossingUs: ["across-workers-1", "across-workers"],
  changeUs: ["log-cost"],
  redisUs: ["rooms-100000"],
};

/** The largest `firstUs` that is tried: about ten accesses to memory; microseconds. */
const MOST_FIRST_US = 1;

/** The scenarios for the costs of a connection, of which the first that was run is used. */
const IDLE = ["idle-10000", "idle-2000"] as const;

/**
 * Derives the costs that explain a run of the benchmark. Throws when it lacks a scenario that they are derived from.
 */
export function calibrate(measured: Measured): Costs {
  const { date, command, machine } = measured.results;
  const idle = IDLE.find((scenario) => measured.results.scenarios[scenario]) ?? IDLE[0];
  const shared = loadCosts(measured);
  const transportCosts = (transport: Transport): TransportCosts => {
    const joined = { ...fanOutCosts(measured, transport), acrossUs: 0, crossingUs: 0 };
    const written = { ...joined, ...first(measured, transport, { ...shared, ...joined }) };
    return {
      ...written,
      ...across(measured, transport, { ...shared, ...written }),
      ...idleCosts(measured, transport, idle),
    };
  };
  const doors = { plain: transportCosts("plain"), socketio: transportCosts("socketio") };
  const redisUs = measured.find("rooms-100000", "junction-plain", "redisUs");
  return {
    source: { file: measured.file, command, date, machine },
    from: { ...FROM, joinUs: [idle], idleUs: [idle], kibPerConnection: [idle] },
    ...shared,
    changeUs: {
      log: change(measured, "junction-log", { ...shared, ...doors.plain }),
      volatile: change(measured, "junction-volatile", { ...shared, ...doors.plain }),
    },
    ...(redisUs !== undefined && { redisUs }),
    doors,
  };
}

/**
 * Derives the costs of fan-out. A delivery costs `write / framesPerWrite + frame + copy + broadcast / members`. In
 * `rooms-1000` and `latency` a write has one frame. The cost of a first frame is still part of the cost of a write.
 */
function fanOutCosts(measured: Measured, transport: Transport): FanOutCosts {
  const server = (scenario: string, contender: ContenderName): number =>
    1e6 / measured.get(scenario, contender, "deliveriesPerCpuSecond");
  const unjoined: ContenderName = `junction-${transport}-0ms`;
  const one = server("room-1", unjoined);
  const { perWrite: writeUs, perFrame } = split(one, server("room-100", unjoined));
  const { perFrame: copyUs } = split(server("room-1", "ws-joined"), server("room-100", "ws-joined"));
  const [inLarge, inSmall] = [1 / members("room-1"), 1 / members("rooms-1000")];
  const broadcastUs = Math.max(0, server("rooms-1000", `junction-${transport}`) - one) / (inSmall - inLarge);
  return {
    writeUs,
    wakeUs: Math.max(0, server("latency", `junction-${transport}`) - one),
    frameUs: Math.max(0, perFrame - copyUs - broadcastUs * inLarge),
    firstUs: 0,
    copyUs,
    broadcastUs,
  };
}

/** Derives the costs of the load generator. A delivery costs it `read / framesPerWrite + message`. */
function loadCosts(measured: Measured): LoadCosts {
  const load = (scenario: string, contender: ContenderName): number =>
    (measured.get(scenario, contender, "loadCpu") / measured.get(scenario, contender, "deliveriesPerSecond")) * 1e6;
  const one = load("room-1", "junction-plain-0ms");
  const { perWrite: readUs, perFrame: messageUs } = split(one, load("room-100", "junction-plain-0ms"));
  return { readUs, wokenReadUs: readUs + Math.max(0, load("latency", "junction-plain") - one), messageUs };
}

/**
 * Splits the cost of a delivery, given for 1 frame and for 100 frames per write, into a part per write and per frame.
 */
function split(one: number, hundred: number): { perWrite: number; perFrame: number } {
  const perWrite = (one - hundred) / (1 - 1 / planOf("room-100").plan.perTick);
  return { perWrite, perFrame: Math.max(0, one - perWrite) };
}

function idleCosts(measured: Measured, transport: Transport, scenario: (typeof IDLE)[number]) {
  const contender: ContenderName = `junction-${transport}`;
  const idleCpuMs = measured.find(scenario, contender, "idleCpuMs");
  const clients = Number(scenario.slice("idle-".length));
  return {
    joinUs: 1e6 / measured.get(scenario, contender, "joinsPerCpuSecond"),
    kibPerConnection: measured.get(scenario, contender, "kibPerConnection"),
    ...(idleCpuMs !== undefined && { idleUs: (idleCpuMs * 1_000) / clients }),
  };
}

function members(scenario: string): number {
  const { clients, rooms } = planOf(scenario);
  return clients / rooms;
}

/** Separates the cost of a first frame from the cost of a write: without a window, each write has a first frame. */
function first(
  measured: Measured,
  transport: Transport,
  known: BenchCosts,
): Pick<TransportCosts, "firstUs" | "writeUs"> {
  const wanted = measured.get("room-1", `junction-${transport}`, "deliveriesPerCpuSecond");
  const costsWith = (firstUs: number) => ({ firstUs, writeUs: known.writeUs - firstUs });
  const firstUs = solve(
    MOST_FIRST_US,
    (firstUs) =>
      simulateBench(planOf("room-1"), { ...known, ...costsWith(firstUs) }, DEFAULT_WINDOW_MS).deliveriesPerCpuSecond <
      wanted,
  );
  return costsWith(firstUs);
}

/** Derives the costs of a message to another worker, which are `across + crossing / messages per turn`. */
function across(
  measured: Measured,
  transport: Transport,
  known: BenchCosts,
): Pick<TransportCosts, "acrossUs" | "crossingUs"> {
  const perMessage = (scenario: string): number => {
    const wanted = measured.get(scenario, `junction-${transport}`, "deliveriesPerCpuSecond");
    const isTooMuch = (acrossUs: number): boolean =>
      simulateBench(planOf(scenario), { ...known, acrossUs }, DEFAULT_WINDOW_MS).deliveriesPerCpuSecond < wanted;
    return solve(1_000, isTooMuch);
  };
  const [one, ten] = [perMessage("across-workers-1"), perMessage("across-workers")];
  const crossingUs = Math.max(0, one - ten) / (1 - 1 / planOf("across-workers").plan.perTick);
  return { crossingUs, acrossUs: Math.max(0, one - crossingUs) };
}

/**
 * Derives the cost of a change. The worker always has a next one: ten clients each send a request after each answer.
 */
function change(measured: Measured, contender: ContenderName, known: BenchCosts): number {
  const wanted = measured.get("log-cost", contender, "cpuMsPerMessage") * 1_000;
  const clients = 500;
  const pace = { outstanding: Number.POSITIVE_INFINITY };
  const plan: Plan = { workers: 2, clients, rooms: 1, plan: { roomsPerTick: 1, perTick: 1, pace } };
  return solve(20_000, (publishUs) => {
    const { deliveriesPerCpuSecond } = simulateBench(plan, { ...known, publishUs }, DEFAULT_WINDOW_MS);
    return (clients / deliveriesPerCpuSecond) * 1e6 > wanted;
  });
}

/** Finds the smallest value up to `most` that is too much, to one part in a thousand of `most`. */
function solve(most: number, isTooMuch: (value: number) => boolean): number {
  let [low, high] = [0, most];
  while (high - low > most / 1_000) {
    const middle = (low + high) / 2;
    if (isTooMuch(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
