import type { Config } from "../config.ts";
import type { Channel } from "../hub/channel.ts";
import type { Clock } from "../hub/clock.ts";
import type { Hub } from "../hub/hub.ts";
import type { Limits } from "../hub/limits.ts";
import type { Outgoing } from "../hub/publish.ts";
import type { Route } from "../hub/route.ts";
import type { Store } from "../store/collection.ts";

/** What an app is given to work with. */
export interface Tools {
  readonly store: Store;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly config: Config;
  /** Sends a message that no change of a document carries (those go out with `collection.modify`). */
  readonly publish: (message: Outgoing) => void;
  /** Sends it to the members on this worker alone; what a handler of `inlets` does, since every worker has one. */
  readonly publishHere: (message: Outgoing) => void;
  /** `Hub.evict`, on every worker. */
  readonly evict: Hub["evict"];
}

/** The people that the demo data is about, by what they are. */
export type DemoUsers = Readonly<
  Record<"customer" | "technician" | "operator" | "admin" | "secondCustomer", { id: string }>
>;

/** What an app gives the hub to serve. */
export interface RunningApp {
  readonly channels: readonly Channel[];
  readonly routes?: readonly Route[];
  /**
   * By Redis channel, what to do with what other programs publish there as JSON. Each worker hears it. Throws a
   * `ZodError` or a `HubError` for what it cannot make sense of.
   */
  readonly inlets?: Readonly<Record<string, (publication: unknown) => void>>;
  /** Puts demo data in place where there is none yet; never called in production. */
  readonly seed?: (users: DemoUsers) => Promise<void>;
}

/** One app: a folder beside this file, registered in `index.ts`. */
export interface App {
  /** The prefix under which every port serves it. */
  readonly name: string;
  start(tools: Tools): Promise<RunningApp>;
}
