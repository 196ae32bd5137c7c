/**
 * How a promise was broken:
 *
 * | kind | |
 * |---|---|
 * | `gap` | a message never came |
 * | `repeat` | one came twice |
 * | `order` | one came after a later one, or the subscribers of a room do not agree which is which |
 * | `no seq` | the deployment sends no `seq`, so that nothing can be resumed |
 * | `forgotten` | a client that came back was told that it is too late, though it had missed no more than is kept |
 * | `not newest` | the last value that a subscriber got is not the newest |
 * | `went back` | a value came after a later one |
 * | `command` | a change was refused, or never answered |
 * | `malformed` | a message does not have the fields of its type |
 * | `absent` | a subscriber could not come back |
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
  /** How many messages or values it is about. */
  readonly count: number;
  /** The room and, where it is about one, the subscriber with its transport. */
  readonly where: string;
  readonly detail: string;
}

/** What became of the messages of one class. */
export interface Tally {
  /** Messages that changes caused. */
  sent: number;
  /** How often they were to arrive, over all subscribers. */
  due: number;
  delivered: number;
  /** Times that a subscriber came back and asked for what it had missed, and how often it was told that it is too late. */
  resumed: number;
  tooOld: number;
  /** Milliseconds from when a change was asked for to each delivery. */
  readonly latencies: number[];
}

export function emptyTally(): Tally {
  return { sent: 0, due: 0, delivered: 0, resumed: 0, tooOld: 0, latencies: [] };
}
