import { expect } from "chai";
import { begin, change, type Part, partOf, report } from "../../../src/apps/bookings/booking.ts";
import type { Booking } from "../../../src/apps/bookings/collections.ts";
import { isFinal, STATUSES, type Status } from "../../../src/apps/bookings/statuses.ts";
import { HubError } from "../../../src/hub/errors.ts";
import type { Identity, Role } from "../../../src/hub/identity.ts";

const OWNER = "00000000-0000-4000-8000-00000000000a";
const TECHNICIAN = "00000000-0000-4000-8000-00000000000b";
const OTHER = "00000000-0000-4000-8000-00000000000c";
const AT = "2030-01-01T00:00:00.000Z";
const HERE = { latitude: 1, longitude: 2 };

function booking(fields: Partial<Booking> = {}): Booking {
  const facts = { id: "123e4567-e89b-12d3-a456-426614174000", userId: OWNER, service: "Plumbing", createdAt: AT };
  return { ...begin({ ...facts, technicianId: TECHNICIAN }), ...fields };
}

function who(userId: string, role: Role): Identity {
  return { userId, role, email: undefined, credentialId: "token", expiresAt: undefined };
}

/** The code of the error that is thrown, `undefined` when none is. */
function refusal(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
}

describe("a booking", () => {
  it("knows its people by their ids, and admins by their role", () => {
    expect(partOf(booking(), who(OWNER, "customer"))).to.equal("owner");
    expect(partOf(booking(), who(TECHNICIAN, "technician"))).to.equal("technician");
    expect(partOf(booking(), who(OTHER, "admin"))).to.equal("admin");
    for (const role of ["customer", "technician", "operator"] as const)
      expect(partOf(booking(), who(OTHER, role))).to.equal(undefined);
    expect(partOf(booking({ technicianId: null }), who(TECHNICIAN, "technician"))).to.equal(undefined);
  });

  for (const from of STATUSES) {
    for (const to of STATUSES) {
      const forward = STATUSES.indexOf(to) > STATUSES.indexOf(from) && !isFinal(from);
      it(`${forward ? "goes" : "does not go"} from ${from} to ${to}`, () => {
        const move = () => change(booking({ status: from }), "admin", { status: to });
        if (forward) expect(move().status).to.equal(to);
        else expect(refusal(move)).to.equal("conflict");
      });
    }
  }

  it("is cancelled by its owner or an admin, moved by its technician or an admin", () => {
    const may = (part: Part, status: Status): boolean =>
      refusal(() => change(booking(), part, { status })) === undefined;
    expect((["owner", "technician", "admin"] as const).map((part) => may(part, "cancelled"))).to.eql([
      true,
      false,
      true,
    ]);
    expect((["owner", "technician", "admin"] as const).map((part) => may(part, "arrived"))).to.eql([false, true, true]);
  });

  it("tells who may not before it tells what cannot be", () => {
    const done = booking({ status: "completed" });
    expect(refusal(() => change(done, "owner", { status: "arrived" }))).to.equal("forbidden");
    expect(refusal(() => change(done, "owner", { status: "cancelled" }))).to.equal("conflict");
    expect(refusal(() => change(done, "technician", { technicianId: null }))).to.equal("forbidden");
  });

  it("is at least assigned once it has a technician, whatever status was asked for with them", () => {
    const free = booking({ technicianId: null, status: "pending" });
    for (const [status, becomes] of [
      [undefined, "assigned"],
      ["confirmed", "assigned"],
      ["assigned", "assigned"],
      ["arrived", "arrived"],
      ["cancelled", "cancelled"],
    ] as const) {
      const next = change(free, "admin", { technicianId: OTHER, status });
      expect([next.technicianId, next.status]).to.eql([OTHER, becomes]);
    }
  });

  it("judges a status by what it was, also when a technician comes with it", () => {
    expect(refusal(() => change(booking(), "admin", { technicianId: OTHER, status: "confirmed" }))).to.equal(
      "conflict",
    );
    expect(refusal(() => change(booking(), "admin", { technicianId: null, status: "assigned" }))).to.equal("conflict");
  });

  it("keeps its status without a technician", () => {
    const next = change(booking({ status: "arrived" }), "admin", { technicianId: null });
    expect([next.technicianId, next.status]).to.eql([null, "arrived"]);
  });

  it("stays the same object when its technician is assigned again", () => {
    const before = booking({ status: "completed" });
    expect(change(before, "admin", { technicianId: TECHNICIAN })).to.equal(before);
  });

  it("does not change its technician once it has ended", () => {
    for (const technicianId of [OTHER, null])
      expect(refusal(() => change(booking({ status: "cancelled" }), "admin", { technicianId }))).to.equal("conflict");
  });

  it("never has its owner as technician", () => {
    expect(refusal(() => booking({ ...begin({ ...booking(), technicianId: OWNER }) }))).to.equal("invalid_field");
    expect(refusal(() => change(booking(), "admin", { technicianId: OWNER }))).to.equal("invalid_field");
  });

  it("knows where its technician was last, and forgets it with the technician or the work", () => {
    const known = report(booking(), "technician", HERE, AT);
    expect(known.lastLocation).to.eql({ location: HERE, timestamp: AT });
    expect(change(known, "technician", { status: "en_route" }).lastLocation).to.eql(known.lastLocation);
    expect(change(known, "admin", { technicianId: OTHER }).lastLocation).to.equal(null);
    expect(change(known, "admin", { technicianId: null }).lastLocation).to.equal(null);
    expect(change(known, "technician", { status: "completed" }).lastLocation).to.equal(null);
    expect(change(known, "owner", { status: "cancelled" }).lastLocation).to.equal(null);
  });

  it("takes a location from technician and admin, while it has a technician and has not ended", () => {
    const at = (part: Part, fields: Partial<Booking> = {}) => refusal(() => report(booking(fields), part, HERE, AT));
    expect([at("technician"), at("admin"), at("owner")]).to.eql([undefined, undefined, "forbidden"]);
    expect(at("technician", { status: "completed" })).to.equal("conflict");
    expect(at("admin", { technicianId: null })).to.equal("conflict");
  });
});
