import type { Config } from "./config.ts";
import type { Channel } from "./hub/channel.ts";
import type { Clock } from "./hub/clock.ts";
import type { Hub } from "./hub/hub.ts";
import type { Limits } from "./hub/limits.ts";
import type { Message } from "./hub/message.ts";
import type { Route } from "./hub/route.ts";
import type { Snapshot } from "./hub/snapshot.ts";
import type { Store } from "./store/collection.ts";

/** What an app is given to work with. */
export interface AppDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly config: Config;
  /** Publishes a message of class `log` that no change of a document carries (those go out with `collection.modify`). */
  readonly publish: Hub["publish"];
  /** Broadcasts a message of class `latest` or `volatile` that no change of a document carries. */
  readonly broadcast: Hub["broadcast"];
  /** Reads data with the places of rooms where those who subscribe from there on get exactly what came after. */
  readonly snapshot: Snapshot;
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
   * By Redis channel, what message to send for what other programs publish there as JSON. Throws a `ZodError` or a
   * `HubError` for what it cannot make sense of.
   */
  readonly ingest?: Readonly<Record<string, (publication: unknown) => Message>>;
  /** Puts demo data in place where there is none yet; never called in production. */
  readonly seed?: (users: DemoUsers) => Promise<void>;
}

/** One app: a folder beside this file, registered in `index.ts`. */
export interface App {
  /** The prefix under which every port serves it. */
  readonly name: string;
  start(tools: AppDeps): Promise<RunningApp>;
}
