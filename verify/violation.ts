/**
 * The kind of a broken promise:
 *
 * | kind | |
 * |---|---|
 * | `gap` | a message never arrived |
 * | `repeat` | a message arrived twice |
 * | `order` | a message arrived after a later one, or two subscribers have different messages under one `seq` |
 * | `no seq` | the deployment sends no `seq`, so that nothing can be resumed |
 * | `forgotten` | a client got `recovered: false`, though it had missed no more than the retention keeps |
 * | `not newest` | the last value that a subscriber received is not the newest |
 * | `went back` | a value arrived after a later one |
 * | `command` | a change was refused, or never answered |
 * | `malformed` | a message does not have the fields of its type |
 * | `absent` | a subscriber could not reconnect |
 */
export type Kind =
  | "gap"
  | "repeat"
  | "order"
  | "no seq"
  | "forgotten"
  | "not newest"
  | "went back"
  | "command"
  | "malformed"
  | "absent";

export interface Violation {
  readonly kind: Kind;
  /** Number of messages or values concerned. */
  readonly count: number;
  /** The room and, if one is concerned, the subscriber with its transport. */
  readonly where: string;
  readonly detail: string;
}

/** The counts and latencies of the messages of one class. */
export interface Tally {
  /** Messages that changes caused. */
  sent: number;
  /** Deliveries that were due, over all subscribers. */
  due: number;
  delivered: number;
  /** Number of resumes, and of those answered with `recovered: false`. */
  resumed: number;
  tooOld: number;
  /** Milliseconds from the request of a change to each delivery. */
  readonly latencies: number[];
}

export function emptyTally(): Tally {
  return { sent: 0, due: 0, delivered: 0, resumed: 0, tooOld: 0, latencies: [] };
}
