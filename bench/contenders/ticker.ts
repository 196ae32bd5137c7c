/** What is published: ticks, each of them so many messages into so many rooms. */
export interface Plan {
  /** The rooms, which take turns. */
  readonly rooms: readonly string[];
  readonly roomsPerTick: number;
  /** Messages that each of these rooms gets in one tick. */
  readonly perTick: number;
  /**
   * `outstanding`: a tick follows as soon as the loop comes round, while at most so many ticks have not reached all their
   * receivers (closed loop). `perSecond`: so many ticks a second, whatever becomes of them (open loop).
   */
  readonly pace: { readonly outstanding: number } | { readonly perSecond: number };
}

/** A message: its number in its room, from 1, and when it was published, as `now()` says. */
export interface Payload {
  readonly n: number;
  readonly at: number;
  readonly text: string;
}

/** Sends messages into a room, all in this tick. */
export type Publish = (room: string, payloads: readonly Payload[]) => void;

/** By room, how many messages were published. */
export type Sent = Readonly<Record<string, number>>;

/** Makes the message some 120 bytes long on the wire, about what a location or a booking takes. */
const TEXT = "A message about as long as a location.".padEnd(70, ".");

/** A timer fires up to this late on an idle loop; milliseconds. */
const TIMER_IS_COARSE_MS = 2;

/** Milliseconds of the machine's monotonic clock: the same in every process. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** Publishes by plan. Each tick is a turn of the event loop of its own: what it publishes is never joined with the next. */
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

  /** So many ticks have reached all their receivers. */
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

  /** Always called after the publishing of a tick, so that whatever writes at the end of a tick does so before the next. */
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
        // A tick that is late because the server is busy counts from when it was due, or the wait would be left out.
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
