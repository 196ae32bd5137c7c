import type { Api } from "../api.ts";
import type { Effect, Ledger } from "../ledger.ts";
import type { People } from "../people.ts";
import type { Subscription } from "../subscriber.ts";

/** What rooms are made with. */
export interface Workshop {
  readonly api: Api;
  readonly people: People;
  readonly ledger: Ledger;
}

/** A room that is watched, with what it is about: an event, a station, a booking, all made for this run. */
export interface Room {
  /** Its name in the ledger. */
  readonly name: string;
  /** How its subscriber number `i` subscribes: those of a room do it in all the ways there are. */
  subscription(i: number): Subscription;
  /** Makes one change and resolves with what it does once it is acknowledged. Absent: others change what is seen here. */
  readonly change?: () => Promise<Effect[]>;
  /** How many changes may be under way at once; more than 1 where their order does not matter to the next. */
  readonly atOnce?: number;
  /** Asks the deployment for the values at the end and puts them into the ledger. */
  readonly readNewest?: () => Promise<void>;
  /** Its name on the wire, where members may say that they are typing. */
  readonly typing?: string;
}
