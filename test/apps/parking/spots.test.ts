import { expect } from "chai";
import { type Lot, lot as lotSchema, MAX_SPOTS } from "../../../src/apps/parking/collections.ts";
import { changesStatus, emptyLot, end, reserve, setSpots, without } from "../../../src/apps/parking/spots.ts";
import { ANONYMOUS, type Identity } from "../../../src/hub/identity.ts";

const alice: Identity = { ...ANONYMOUS, userId: "alice", role: "customer" };

/** A lot with a reservation of each of these users, their ids from 1. */
function lotOf(spots: number, ...users: string[]): Lot {
  return users.reduce((lot, user, i) => reserve(lot, i + 1, user).next, emptyLot(7, "Here", spots));
}

describe("a parking lot", () => {
  it("is one that can be stored after every transition, and none changes what it was given", () => {
    const lot = Object.freeze(lotOf(2, "alice", "bob"));
    const copy = structuredClone(lot);
    for (const next of [lot, setSpots(lot, 3), end(lot, 1, "cancelled"), without(end(lot, 1, "cancelled"), [1])]) {
      expect(lotSchema.parse(next)).to.eql(next);
    }
    expect(lot).to.eql(copy);
  });

  it("gives a spot to each reservation until none is free", () => {
    const full = lotOf(2, "alice", "bob");
    expect(full).to.include({ available_spots: 0 });
    expect(full.reservations).to.eql([
      { id: 1, user_id: "alice", status: "active" },
      { id: 2, user_id: "bob", status: "active" },
    ]);
    expect(() => reserve(full, 3, "carol"))
      .to.throw("No spot is free")
      .with.property("code", "conflict");
  });

  it("takes no more reservations than its document can hold, however many spots it is said to have", () => {
    const users = Array.from({ length: MAX_SPOTS }, (_, i) => ({ id: i + 1, user_id: "x", status: "active" as const }));
    const lot = { ...emptyLot(7, "Here", 5), reservations: users };
    expect(() => reserve(lot, MAX_SPOTS + 1, "x")).to.throw("No spot is free");
  });

  it("gets the spot back when a reservation ends, and keeps the reservation", () => {
    const next = end(lotOf(2, "alice", "bob"), 1, "completed");
    expect(next.available_spots).to.equal(1);
    expect(next.reservations.map(({ status }) => status)).to.eql(["completed", "active"]);
  });

  it("has the free spots that it is said to have, beside its reservations", () => {
    const lot = setSpots(lotOf(2, "alice"), 40);
    expect(lot.available_spots).to.equal(40);
    expect(end(lot, 1, "cancelled").available_spots).to.equal(41);
  });

  it("can be found by its reservations and their users, for as long as they are in it", () => {
    const lot = lotOf(3, "alice", "bob", "alice");
    expect(lot).to.deep.include({ reservation_ids: [1, 2, 3], user_ids: ["alice", "bob"] });
    expect(without(lot, [2, 9])).to.deep.include({ reservation_ids: [1, 3], user_ids: ["alice"] });
  });
});

describe("the status of a reservation", () => {
  const active = { id: 1, user_id: "alice", status: "active" } as const;
  const completed = { ...active, status: "completed" } as const;

  it("is changed by its user, an operator or an admin, and nobody else", () => {
    for (const who of [alice, { ...alice, userId: "o", role: "operator" }, { ...alice, userId: "a", role: "admin" }]) {
      expect(changesStatus(active, "cancelled", who as Identity)).to.equal(true);
    }
    for (const role of ["customer", "technician", undefined] as const) {
      const stranger = { ...alice, userId: "mallory", role };
      for (const status of ["active", "cancelled"] as const) {
        expect(() => changesStatus(active, status, stranger))
          .to.throw("Only its owner")
          .with.property("code", "forbidden");
      }
      expect(() => changesStatus(completed, "cancelled", stranger)).to.throw("Only its owner");
    }
  });

  it("may be asked for again, which changes nothing", () => {
    expect(changesStatus(active, "active", alice)).to.equal(false);
    expect(changesStatus(completed, "completed", alice)).to.equal(false);
  });

  it("is final once it has ended", () => {
    for (const status of ["active", "cancelled"] as const) {
      expect(() => changesStatus(completed, status, alice))
        .to.throw("already completed")
        .with.property("code", "conflict");
    }
  });
});
