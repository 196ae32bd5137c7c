import { expect } from "chai";
import type { Channel } from "../../../src/hub/channel.ts";
import { addressBook, patternOf, type Resolution } from "../../../src/transports/plain/addresses.ts";
import { aChannel } from "../../hub/recording-wire.ts";

const channel = (app: string, path: string, credential: Channel["credential"] = "none"): Channel =>
  aChannel({ app, path, credential, namespace: `/${app}`, rootNamespace: `/${app}` });

const events = channel("events", "/ws", "jwt");
const event = channel("events", "/ws/events/{eventId}", "jwt");
const bookings = channel("bookings", "/ws", "jwt");
const battery = channel("battery", "/ws/notifications", "jwt");
const parking = channel("parking", "/ws/notifications", "wsToken");
const CHANNELS = [events, event, bookings, battery, parking];
const EVERY_APP = ["events", "bookings", "battery", "parking"];

/** Where it leads: the app, its parameters, or what to use instead. */
function whereTo(resolution: Resolution): unknown {
  return "found" in resolution ? [resolution.found.channel.app, resolution.found.params] : resolution.instead;
}

describe("the addresses of a door", () => {
  const at = (apps: readonly string[], path: string, credential?: string): unknown =>
    whereTo(addressBook(CHANNELS, apps)(path, () => credential));

  it("are the documented ones for its own apps", () => {
    expect(at(["events"], "/ws")).to.eql(["events", {}]);
    expect(at(["bookings"], "/ws")).to.eql(["bookings", {}]);
    expect(at(["events"], "/ws/events/7")).to.eql(["events", { eventId: "7" }]);
    expect(at(["bookings"], "/ws/events/7")).to.eql([]);
  });

  it("are those under its name for every app", () => {
    for (const apps of [[], ["events"], EVERY_APP]) {
      expect(at(apps, "/events/ws")).to.eql(["events", {}]);
      expect(at(apps, "/bookings/ws")).to.eql(["bookings", {}]);
      expect(at(apps, "/events/ws/events/7")).to.eql(["events", { eventId: "7" }]);
      expect(at(apps, "/parking/ws/notifications")).to.eql(["parking", {}]);
    }
  });

  it("take or leave one slash at the end", () => {
    expect(at(["events"], "/ws/")).to.eql(["events", {}]);
    expect(at(["events"], "/ws/events/7/")).to.eql(["events", { eventId: "7" }]);
    expect(at(["events"], "/events/ws/")).to.eql(["events", {}]);
    for (const path of ["/ws//", "//ws", "/", "", "//"]) expect(at(["events"], path), path).to.eql([]);
  });

  it("name the prefixed ones where several apps share one", () => {
    expect(at(EVERY_APP, "/ws")).to.eql(["/events/ws", "/bookings/ws"]);
    expect(at(EVERY_APP, "/ws/")).to.eql(["/events/ws", "/bookings/ws"]);
    expect(at(EVERY_APP, "/ws", "a.b.c")).to.eql(["/events/ws", "/bookings/ws"]);
  });

  it("tell a JWT from an opaque token where one app takes the one and one the other", () => {
    expect(at(EVERY_APP, "/ws/notifications/", "eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl")).to.eql(["battery", {}]);
    for (const credential of ["c29tZSBvcGFxdWUgdG9rZW4", "a.b", "a.b.c.d", "", undefined])
      expect(at(EVERY_APP, "/ws/notifications/", credential), credential).to.eql(["parking", {}]);
  });

  it("ask each app for what counts as a credential there", () => {
    const asked: string[] = [];
    addressBook(CHANNELS, EVERY_APP)("/ws/notifications", ({ app }) => {
      asked.push(app);
      return undefined;
    });
    expect(asked).to.eql(["battery"]);
  });

  it("take parameters of digits, letters, - and _, as one part of the path", () => {
    expect(at(["events"], "/ws/events/a-Z_9")).to.eql(["events", { eventId: "a-Z_9" }]);
    for (const id of ["", "a.b", "a%20b", "a/b", "..", "ü", "a".repeat(129)])
      expect(at(["events"], `/ws/events/${id}`), id).to.eql([]);
  });

  it("match a whole path, not part of one", () => {
    for (const path of ["/ws/x", "/x/ws", "/wsx", "/events/ws/events", "/ws\n"])
      expect(at(["events"], path)).to.eql([]);
  });
});

describe("the pattern of a template", () => {
  it("gives the parameters by name", () => {
    const match = patternOf("/a/{first}/b/{second}").exec("/a/1/b/2");
    expect({ ...match?.groups }).to.eql({ first: "1", second: "2" });
    expect(patternOf("/a").exec("/a/b")).to.equal(null);
  });
});
