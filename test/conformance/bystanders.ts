import { expect } from "chai";
import { DOORS } from "../support/client.ts";
import type { Suite } from "../support/suite.ts";
import { book, newEvent } from "./event-data.ts";
import { eventAt } from "./targets.ts";

export interface Bystanders {
  /** A booking is told to them, in full, and it is all that they have been told since they came or were last asked. */
  noticeNothing(): Promise<void>;
}

/** Watchers on both doors, who hear of every booking of an event of theirs and must hear nothing else. */
export async function bystanders(suite: Suite): Promise<Bystanders> {
  const id = await newEvent(suite.hub, { seatCapacity: 1_000 });
  const credential = await suite.hub.token("secondCustomer");
  const watchers = await Promise.all(DOORS.map((door) => suite.connect(door, eventAt(id, credential))));
  const greeting = ["connection_established", "seat_update"];
  for (const watcher of watchers) await watcher.next("seat_update");
  let bookings = 0;
  return {
    async noticeNothing() {
      await book(suite.hub, id, 1, "admin");
      bookings += 1;
      const expected = [
        ...greeting,
        ...Array.from({ length: bookings }, () => ["booking_created", "seat_update"]).flat(),
      ];
      for (const watcher of watchers) {
        await watcher.next("booking_created");
        await watcher.next("seat_update");
        expect(watcher.log.map(([type]) => type)).to.eql(expected);
      }
    },
  };
}
