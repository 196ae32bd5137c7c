/** A plan of publishing in ticks. Each tick publishes `perTick` messages into each of `roomsPerTick` rooms. */
export interface Plan {
  /** The rooms, which take turns. */
  readonly rooms: readonly string[];
  readonly roomsPerTick: number;
  /** Messages that each of these rooms gets in one tick. */
  readonly perTick: number;
  /**
   * `outstanding`: a tick follows in the next turn of the loop, while at most this number of ticks have not reached all
   * their receivers (closed loop). `perSecond`: ticks per second, whether they arrive or not (open loop).
   */
  readonly pace: { readonly outstanding: number } | { readonly perSecond: number };
}

/** A message: its number in its room, from 1, and the time of its publishing by `now()`. */
export interface Payload {
  readonly n: number;
  readonly at: number;
  readonly text: string;
}

/** Sends messages into a room, all in this tick. */
export type Publish = (room: string, payloads: readonly Payload[]) => void;

/** The number of messages published, by room. */
export type Sent = Readonly<Record<string, number>>;

/** The text that makes a message some 120 bytes long on the wire, about the size of a location or a booking. */
const TEXT = "A message about as long as a location.".padEnd(70, ".");

/** A timer fires up to this late on an idle loop; milliseconds. */
const TIMER_IS_COARSE_MS = 2;

/** Returns the milliseconds of the machine's monotonic clock, which is the same in every process. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/**
 * Publishes by plan. Each tick has its own turn of the event loop, so that its messages are not joined with the next.
 */
export class Ticker {
  readonly #plan: Plan;
  readonly #publish: Publish;
  readonly #sent: Record<string, number> = {};
  readonly #startedAt = now();
  #nextRoom = 0;
  #ticks = 0;
  #acknowledged = 0;
  #isWaiting = false;
  #isStopped = false;

  constructor(plan: Plan, publish: Publish) {
    this.#plan = plan;
    this.#publish = publish;
    for (const room of plan.rooms) this.#sent[room] = 0;
    this.#schedule();
  }

  /** Records that `ticks` ticks have reached all their receivers. */
  acknowledge(ticks: number): void {
    this.#acknowledged = ticks;
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#schedule();
  }

  stop(): Sent {
    this.#isStopped = true;
    return this.#sent;
  }

  /**
   * Schedules the next tick. Called after the publishing of a tick, so that its writes are done before the next one.
   */
  #schedule(): void {
    const { pace } = this.#plan;
    if ("perSecond" in pace) {
      const rest = this.#dueAt(pace.perSecond) - now();
      setTimeout(this.#run, Math.max(0, rest));
    } else if (this.#ticks - this.#acknowledged < pace.outstanding) {
      setImmediate(this.#run);
    } else {
      this.#isWaiting = true;
    }
  }

  #dueAt(perSecond: number): number {
    return this.#startedAt + (this.#ticks * 1_000) / perSecond;
  }

  readonly #run = (): void => {
    if (this.#isStopped) return;
    const { pace } = this.#plan;
    if ("perSecond" in pace) {
      for (let due = this.#dueAt(pace.perSecond); due <= now(); due = this.#dueAt(pace.perSecond)) {
        // A tick that is late because the server is busy counts from its due time, or the wait would be left out.
        const at = now();
        this.#tick(at - due <= TIMER_IS_COARSE_MS ? at : due);
      }
    } else {
      this.#tick(now());
    }
    this.#schedule();
  };

  #tick(at: number): void {
    const { rooms, roomsPerTick, perTick } = this.#plan;
    this.#ticks += 1;
    for (let i = 0; i < roomsPerTick; i++) {
      const room = rooms[this.#nextRoom] ?? "";
      this.#nextRoom = (this.#nextRoom + 1) % rooms.length;
      const before = this.#sent[room] ?? 0;
      this.#sent[room] = before + perTick;
      this.#publish(
        room,
        Array.from({ length: perTick }, (_, k) => ({ n: before + k + 1, at, text: TEXT })),
      );
    }
  }
}
