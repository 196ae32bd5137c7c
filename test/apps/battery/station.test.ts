import { expect } from "chai";
import { MAX_BATTERIES, type Station } from "../../../src/apps/battery/collections.ts";
import {
  addBattery,
  book,
  collect,
  emptyStation,
  inventoryOf,
  markReady,
  setStatus,
} from "../../../src/apps/battery/station.ts";
import { HubError } from "../../../src/hub/errors.ts";
import { ANONYMOUS, type Identity, type Role } from "../../../src/hub/identity.ts";

const AT = "2030-01-01T00:00:00.000Z";
const LATER = "2030-01-01T00:05:00.000Z";

function user(userId: string, role: Role = "customer"): Identity {
  return { ...ANONYMOUS, userId, role };
}

/** A station with batteries 1 to `count`. */
function stationWith(count: number): Station {
  let station = emptyStation(7, "Mill", "online");
  for (let id = 1; id <= count; id++) station = addBattery(station, id, `Battery ${id}`);
  return station;
}

function counts(station: Station): number[] {
  const { available_batteries, booked_batteries, total_batteries } = inventoryOf(station);
  return [available_batteries, booked_batteries, total_batteries];
}

/** The code of the `HubError` that `action` throws. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
  return "done";
}

describe("a station", () => {
  it("counts its batteries: available and booked make the total, whatever happens", () => {
    let station = stationWith(2);
    expect(counts(station)).to.eql([2, 0, 2]);
    station = book(station, 50, "alice", AT).next;
    expect(counts(station)).to.eql([1, 1, 2]);
    station = addBattery(station, 3, "Battery 3");
    expect(counts(station)).to.eql([2, 1, 3]);
    station = markReady(station, 50, LATER).next;
    expect(counts(station)).to.eql([2, 1, 3]);
    station = collect(station, 50, user("alice")).next;
    expect(counts(station)).to.eql([2, 0, 2]);
    expect(counts(setStatus(station, "offline"))).to.eql([2, 0, 2]);
  });

  it("books the battery that has been there longest, each once, until none is free", () => {
    let station = stationWith(3);
    const booked: number[] = [];
    for (const id of [50, 51, 52]) {
      const { next, battery } = book(station, id, "alice", AT);
      expect(battery.booking).to.eql({ id, user_id: "alice", booked_at: AT, ready_at: null });
      booked.push(battery.id);
      station = next;
    }
    expect(booked).to.eql([1, 2, 3]);
    expect(refusal(() => book(station, 53, "bob", AT))).to.equal("conflict");
    const freed = addBattery(collect(station, 51, user("alice")).next, 4, "Battery 4");
    expect(book(freed, 54, "bob", AT).battery.id).to.equal(4);
  });

  it("lets a booked battery go to its booker, an operator or an admin", () => {
    const station = book(stationWith(1), 50, "alice", AT).next;
    for (const who of [user("alice"), user("olga", "operator"), user("ada", "admin")]) {
      expect(collect(station, 50, who).next.batteries).to.eql([]);
    }
    for (const who of [user("bob"), user("tom", "technician"), { ...user("bob"), role: undefined }]) {
      expect(refusal(() => collect(station, 50, who))).to.equal("forbidden");
    }
    expect(refusal(() => collect(station, 51, user("olga", "operator")))).to.equal("not_found");
  });

  it("marks a booked battery ready once", () => {
    const station = book(stationWith(1), 50, "alice", AT).next;
    const { next, battery } = markReady(station, 50, LATER);
    expect(battery.booking.ready_at).to.equal(LATER);
    expect(markReady(next, 50, "2030-01-01T00:09:00.000Z")).to.eql({ next, battery });
    expect(markReady(next, 50, "2030-01-01T00:09:00.000Z").next).to.equal(next);
    expect(refusal(() => markReady(station, 51, LATER))).to.equal("not_found");
  });

  it("holds no more batteries than its document can", () => {
    const full = stationWith(MAX_BATTERIES);
    expect(refusal(() => addBattery(full, 2_000, "One too many"))).to.equal("conflict");
  });

  it("changes nothing that it is given", () => {
    const station = book(stationWith(2), 50, "alice", AT).next;
    const before = structuredClone(station);
    book(station, 51, "bob", AT);
    markReady(station, 50, LATER);
    collect(station, 50, user("alice"));
    addBattery(station, 3, "Battery 3");
    setStatus(station, "maintenance");
    expect(station).to.eql(before);
    expect(setStatus(station, "online")).to.equal(station);
  });
});
