import type { Api } from "../api.ts";
import type { Effect, Ledger } from "../ledger.ts";
import type { People } from "../people.ts";
import type { Subscription } from "../subscriber.ts";

/** The dependencies of rooms. */
export interface RoomDeps {
  readonly api: Api;
  readonly people: People;
  readonly ledger: Ledger;
}

/** A room with subscribers, and its subject: an event, a station or a booking that was created for this run. */
export interface Room {
  /** Its name in the ledger. */
  readonly name: string;
  /** Returns the subscription of subscriber number `i`. The subscribers of a room use all ways to subscribe. */
  subscription(i: number): Subscription;
  /**
   * Makes one change and resolves with its effects once it is acknowledged. Absent: changes of other rooms show here.
   */
  readonly change?: () => Promise<Effect[]>;
  /** Changes that may be under way at once; more than 1 where a change does not depend on the one before. */
  readonly atOnce?: number;
  /** Reads the last values from the deployment and records them in the ledger. */
  readonly readNewest?: () => Promise<void>;
  /** Its name on the wire, where members may send `typing`. */
  readonly typing?: string;
}
