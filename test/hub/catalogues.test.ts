import { expect } from "chai";
import { DISCONNECTS, type DisconnectName, Refusal } from "../../src/hub/disconnects.ts";
import { ERRORS, type ErrorCode, HubError, toHubError } from "../../src/hub/errors.ts";

describe("the catalogue of errors", () => {
  for (const [code, { status, message }] of Object.entries(ERRORS)) {
    it(`has every wire form of ${code}`, () => {
      expect(code).to.match(/^[a-z_]+$/);
      expect(status).to.be.within(400, 599);
      const error = new HubError(code as ErrorCode);
      expect([error.code, error.status, error.message]).to.eql([code, status, message]);
    });
  }

  it("lets the thrower say it in other words, and name the room", () => {
    const error = new HubError("conflict", "Sold out", "event:1");
    expect([error.message, error.room, error.status]).to.eql(["Sold out", "event:1", 409]);
    expect(new HubError("conflict").room).to.equal(undefined);
  });

  it("keeps to itself what was not meant for clients", () => {
    for (const thrown of [new Error("the password is hunter2"), "hunter2", undefined, { message: "hunter2" }]) {
      const error = toHubError(thrown);
      expect([error.code, error.message]).to.eql(["internal", "Internal error"]);
    }
    const known = new HubError("not_found");
    expect(toHubError(known)).to.equal(known);
  });
});

describe("the catalogue of disconnects", () => {
  for (const [name, { code, status, reason }] of Object.entries(DISCONNECTS)) {
    it(`has every wire form of ${name}`, () => {
      expect([1000, 1001, 1003, 1008, 1009, 1011, 1013]).to.include(code);
      expect(status).to.be.within(400, 599);
      // A close frame has 125 bytes, two of them for the code.
      expect(Buffer.byteLength(reason)).to.be.within(1, 123);
      const refusal = new Refusal(name as DisconnectName);
      expect([refusal.disconnect, refusal.message]).to.eql([name, reason]);
    });
  }

  it("has no two rows that a client could not tell apart", () => {
    const told = Object.values(DISCONNECTS).map(({ code, reason }) => `${code} ${reason}`);
    expect(new Set(told).size).to.equal(told.length);
  });

  it("lets a refusal say more before the close than its reason", () => {
    expect(new Refusal("not_found", "Event not found")).to.include({
      disconnect: "not_found",
      message: "Event not found",
    });
  });
});
