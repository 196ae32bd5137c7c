import { setTimeout as sleep } from "node:timers/promises";
import type { Ledger } from "./ledger.ts";
import type { Group } from "./mix.ts";
import type { Room } from "./rooms/room.ts";
import type { Violation } from "./violation.ts";

/** Milliseconds between two looks at how many changes are due. */
const TICK_MS = 20;

/** Seconds of missed changes that are made up for; changes missed beyond this are dropped. */
const MOST_BEHIND = 1;

/** Attempts to pick a room that is not busy. */
const PICKS = 10;

interface Slot {
  readonly room: Room;
  underWay: number;
  /**
   * True after a change of the room failed. The room is not changed again, because its next messages are unpredictable.
   */
  isClosed: boolean;
}

/** Makes changes at a rate, spread over the rooms, and records their effects in the ledger. */
export class Changes {
  readonly violations: Violation[] = [];
  requested = 0;
  acknowledged = 0;
  readonly #ledger: Ledger;
  readonly #groups: readonly { readonly slots: readonly Slot[]; readonly share: number }[];
  readonly #underWay = new Set<Promise<void>>();
  #turn = 0;

  constructor(groups: readonly Group[], ledger: Ledger) {
    this.#ledger = ledger;
    this.#groups = groups.map(({ rooms, changes }) => ({
      slots: rooms.map((room) => ({ room, underWay: 0, isClosed: false })),
      share: changes,
    }));
  }

  /** Resolves once `seconds` are over or `signal` aborts, and every change has been answered or has failed. */
  async run(rate: number, seconds: number, signal: AbortSignal): Promise<void> {
    const begin = performance.now();
    let forgiven = 0;
    for (let now = 0; now < seconds && !signal.aborted; now = (performance.now() - begin) / 1_000) {
      const due = Math.floor(now * rate) - forgiven;
      while (this.requested < due && this.#begin()) this.requested++;
      forgiven += Math.max(0, due - this.requested - Math.ceil(rate * MOST_BEHIND));
      await sleep(TICK_MS);
    }
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Begins one change. Returns false when none of the picked rooms can take one. */
  #begin(): boolean {
    for (let pick = 0; pick < PICKS; pick++) {
      const slot = this.#pick();
      if (!slot) continue;
      slot.underWay++;
      const work = this.#make(slot).finally(() => {
        slot.underWay--;
        this.#underWay.delete(work);
      });
      this.#underWay.add(work);
      return true;
    }
    return false;
  }

  /** Draws a kind of room by its share and returns the next free room of it; `undefined` when all are busy. */
  #pick(): Slot | undefined {
    let drawn = Math.random() * this.#groups.reduce((sum, { share }) => sum + share, 0);
    const group = this.#groups.find(({ share }) => {
      drawn -= share;
      return drawn < 0;
    });
    const slots = group?.slots ?? [];
    const first = this.#turn++;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[(first + i) % slots.length];
      if (slot && !slot.isClosed && slot.underWay < (slot.room.atOnce ?? 1)) return slot;
    }
    return undefined;
  }

  async #make(slot: Slot): Promise<void> {
    const at = performance.now();
    const { name } = slot.room;
    try {
      this.#ledger.acknowledged(at, (await slot.room.change?.()) ?? []);
      this.acknowledged++;
    } catch (error) {
      slot.isClosed = true;
      this.violations.push({ kind: "command", count: 1, where: name, detail: String(error) });
      this.#ledger.uncertain(name);
    }
  }
}
