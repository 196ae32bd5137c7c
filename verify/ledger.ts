/** A message that a subscriber got; `at` in milliseconds of `performance.now()`. `key` says which change caused it. */
export interface LoggedMessage {
  readonly at: number;
  readonly key: string;
  /** Absent where the deployment sends none. */
  readonly seq: number | undefined;
  /** It came because the client is in another room of the same message, and before it was in this one; `seq` is that one's. */
  readonly isElsewhere?: true;
}

/** What a subscriber was told when it came, or came back, having asked for everything after `since`. */
export interface Confirmation {
  readonly since: number;
  readonly recovered: boolean | undefined;
  /** The room's newest. */
  readonly seq: number | undefined;
}

/** A value that a subscriber got. */
export interface SeenValue {
  readonly at: number;
  readonly value: string;
}

/** What one subscriber got of its room, in the order of arrival. */
export interface Receipt {
  /** The room, the subscriber and its transport, for people. */
  readonly where: string;
  readonly log: (LoggedMessage | Confirmation)[];
  /** By subject: the event, the station or the booking that the values are of. */
  readonly latest: Map<string, SeenValue[]>;
}

/** A value that a change gave to a subject. `rank` orders the values of a subject, `at` is when the change was asked for. */
export interface GivenValue {
  readonly value: string;
  readonly rank: number;
  /** Absent: the subject had it before anybody watched. */
  readonly at: number | undefined;
}

/** The values that a subject is known to have had. */
export interface Subject {
  readonly values: GivenValue[];
  /** The value at the end, as the deployment itself says; absent where it cannot be asked. */
  newest?: string;
  /** A change of it was never answered: it may have had values that nobody knows of. */
  isUncertain: boolean;
}

/** What is known of one room: what was to be sent to it, and what each of its subscribers got. */
export interface RoomRecord {
  readonly name: string;
  /** The `log` messages of acknowledged changes by their keys, with the time at which the change was asked for. */
  readonly log: Map<string, number>;
  readonly latest: Map<string, Subject>;
  readonly receipts: Receipt[];
}

/** What a change does to rooms: a `log` message with this key, or a new value of this subject. */
export interface Effect {
  readonly rooms: readonly string[];
  readonly log?: string;
  readonly latest?: { readonly subject: string; readonly value: string; readonly rank: number };
}

/** Everything that was sent and received, by room. Judged when all is over: see judgement.ts. */
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

  /** A change of what this room is about may have been made or not. Other rooms may show the same subjects. */
  uncertain(name: string): void {
    for (const subject of this.room(name).latest.keys()) {
      for (const { latest } of this.#rooms.values()) {
        const same = latest.get(subject);
        if (same) same.isUncertain = true;
      }
    }
  }

  /** A change was acknowledged. `at`: when it was asked for; absent for what was there before anybody watched. */
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
