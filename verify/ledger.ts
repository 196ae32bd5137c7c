/**
 * A message that a subscriber received; `at` in milliseconds of `performance.now()`. `key` names the change behind it.
 */
export interface LoggedMessage {
  readonly at: number;
  readonly key: string;
  /** Absent where the deployment sends none. */
  readonly seq: number | undefined;
  /**
   * Set if it arrived before the client was in this room, by another room of the same message. `seq` is then that
   * room's.
   */
  readonly isElsewhere?: true;
}

/** The confirmation that a subscriber received when it connected or resumed with `since`. */
export interface Confirmation {
  readonly since: number;
  readonly recovered: boolean | undefined;
  /** The newest offset of the room. */
  readonly seq: number | undefined;
}

/** A value that a subscriber received. */
export interface SeenValue {
  readonly at: number;
  readonly value: string;
}

/** Messages of one room as one subscriber received them, in the order of arrival. */
export interface Receipt {
  /** The room, the subscriber and its transport, for people. */
  readonly where: string;
  readonly log: (LoggedMessage | Confirmation)[];
  /** By subject: the event, the station or the booking that the values are of. */
  readonly latest: Map<string, SeenValue[]>;
}

/** A value that a change gave to a subject. `rank` orders the values of a subject. `at` is the time of the request. */
export interface GivenValue {
  readonly value: string;
  readonly rank: number;
  /** Absent: the subject had the value before any subscriber connected. */
  readonly at: number | undefined;
}

/** The known values of a subject. */
export interface Subject {
  readonly values: GivenValue[];
  /** The value at the end, read from the deployment; absent where no route returns it. */
  newest?: string;
  /** True when a change of it was never answered, so that it may have had unknown values. */
  isUncertain: boolean;
}

/** The record of one room: the messages that were due, and the receipts of its subscribers. */
export interface RoomRecord {
  readonly name: string;
  /** Times of the requests whose changes were acknowledged, by the key of their `log` message. */
  readonly log: Map<string, number>;
  readonly latest: Map<string, Subject>;
  readonly receipts: Receipt[];
}

/** The effect of a change on rooms: a `log` message with this key, or a new value of this subject. */
export interface Effect {
  readonly rooms: readonly string[];
  readonly log?: string;
  readonly latest?: { readonly subject: string; readonly value: string; readonly rank: number };
}

/** The record of everything that was sent and received, by room. judgement.ts judges it after the run. */
export class Ledger {
  readonly #rooms = new Map<string, RoomRecord>();

  get rooms(): RoomRecord[] {
    return [...this.#rooms.values()];
  }

  room(name: string): RoomRecord {
    const known = this.#rooms.get(name);
    if (known) return known;
    const room: RoomRecord = { name, log: new Map(), latest: new Map(), receipts: [] };
    this.#rooms.set(name, room);
    return room;
  }

  subject(room: string, name: string): Subject {
    const { latest } = this.room(room);
    const subject = latest.get(name) ?? { values: [], isUncertain: false };
    latest.set(name, subject);
    return subject;
  }

  /** Marks the subjects of a room as uncertain, in all rooms that have them: a change may have been made or not. */
  uncertain(name: string): void {
    for (const subject of this.room(name).latest.keys()) {
      for (const { latest } of this.#rooms.values()) {
        const same = latest.get(subject);
        if (same) same.isUncertain = true;
      }
    }
  }

  /** Records an acknowledged change. `at`: time of its request; absent for a change before any subscriber connected. */
  acknowledged(at: number | undefined, effects: readonly Effect[]): void {
    for (const { rooms, log, latest } of effects) {
      for (const room of rooms) {
        if (log !== undefined && at !== undefined) this.room(room).log.set(log, at);
        if (latest) this.subject(room, latest.subject).values.push({ value: latest.value, rank: latest.rank, at });
      }
    }
  }
}

export function isConfirmation(entry: LoggedMessage | Confirmation): entry is Confirmation {
  return "since" in entry;
}
