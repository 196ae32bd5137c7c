import { parseArgs } from "node:util";
import { DEFAULT_WINDOW_MS, TRANSPORTS, type Transport } from "./costs.ts";

/** The load that a hub has to carry, and the limits of its use. */
export interface Demand {
  readonly connections: number;
  readonly members: number;
  /** Messages a second into each room. */
  readonly rate: number;
  /** The share of messages that are changes by HTTP with a message of class `log`; the others are `volatile`. */
  readonly changes: number;
  readonly transport: Transport;
  readonly windowMs: number;
  /** The share of its core that a worker may use. */
  readonly busy: number;
  /** Seconds in which all clients have to reconnect after all were cut off at once. */
  readonly backWithin: number;
  /** MiB that the connections of a worker may take. */
  readonly memory: number;
  readonly coresPerMachine: number;
  /** Collections of the apps. */
  readonly collections: number;
}

export type Options =
  | { readonly command: "help" }
  | { readonly command: "calibrate"; readonly file: string }
  | { readonly command: "check"; readonly file: string }
  | { readonly command: "capacity"; readonly demand: Demand };

const DEFAULTS = {
  connections: 100_000,
  members: 20,
  rate: 0.2,
  changes: 0.1,
  transport: "plain" as Transport,
  windowMs: DEFAULT_WINDOW_MS,
  busy: 0.6,
  backWithin: 10,
  memory: 1_024,
  coresPerMachine: 8,
  collections: 8,
};

export const HELP = `npm run simulate -- --connections 1e6       workers and memory that this number of connections needs
npm run simulate -- --calibrate FILE,…      writes simulate/costs.json from results of the benchmark (bench/results/*.json)
npm run simulate -- --check FILE,…          compares predictions with results; exit code 1 if one is off by more than 20 %

  --connections N          clients, each in one room (${DEFAULTS.connections})
  --members N | --rooms N  members of a room (${DEFAULTS.members}), or number of rooms
  --rate N                 messages a second into each room (${DEFAULTS.rate})
  --changes SHARE          share of the messages that are changes by HTTP with a message of class log (${DEFAULTS.changes})
  --door ${TRANSPORTS.join("|")}    (${DEFAULTS.transport})
  --window MS              coalesceMs, 0 to 5 (${DEFAULTS.windowMs})
  --busy SHARE             share of its core that a worker may use (${DEFAULTS.busy})
  --back-within S          seconds in which all clients reconnect after all were cut off at once (${DEFAULTS.backWithin})
  --memory MIB             memory for the connections of a worker (${DEFAULTS.memory})
  --cores-per-machine N    (${DEFAULTS.coresPerMachine})
  --collections N          collections of the apps (${DEFAULTS.collections})

The costs are in simulate/costs.json, with their source. docs/scaling.md explains the model and its limits.`;

/** Parses the arguments. Throws an error with the reason for an unknown or unusable one. */
export function optionsFrom(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      connections: text,
      members: text,
      rooms: text,
      rate: text,
      changes: text,
      door: text,
      window: text,
      busy: text,
      "back-within": text,
      memory: text,
      "cores-per-machine": text,
      collections: text,
      calibrate: text,
      check: text,
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { command: "help" };
  if (values.calibrate !== undefined) return { command: "calibrate", file: values.calibrate };
  if (values.check !== undefined) return { command: "check", file: values.check };
  if (values.rooms !== undefined && values.members !== undefined)
    throw new Error("give --rooms or --members, not both");

  const number = (name: Exclude<keyof typeof values, "help">, usual: number, least: number, most = 1e9): number => {
    const value = Number(values[name] ?? usual);
    if (value >= least && value <= most) return value;
    throw new Error(`--${name} is a number from ${least} to ${most}, not ${values[name]}`);
  };
  const connections = number("connections", DEFAULTS.connections, 1);
  const members =
    values.rooms === undefined
      ? number("members", Math.min(DEFAULTS.members, connections), 1, connections)
      : connections / number("rooms", 1, 1, connections);
  const transport = TRANSPORTS.find((name) => name === (values.door ?? DEFAULTS.transport));
  if (!transport) throw new Error(`--door is ${TRANSPORTS.join(" or ")}, not ${values.door}`);
  return {
    command: "capacity",
    demand: {
      connections: Math.round(connections),
      members: Math.round(members),
      rate: number("rate", DEFAULTS.rate, 0),
      changes: number("changes", DEFAULTS.changes, 0, 1),
      transport,
      windowMs: number("window", DEFAULTS.windowMs, 0, 5),
      busy: number("busy", DEFAULTS.busy, 0.05, 0.95),
      backWithin: number("back-within", DEFAULTS.backWithin, 0.1),
      memory: number("memory", DEFAULTS.memory, 1),
      coresPerMachine: number("cores-per-machine", DEFAULTS.coresPerMachine, 1),
      collections: number("collections", DEFAULTS.collections, 0),
    },
  };
}
