import { once } from "node:events";
import { expect } from "chai";
import { DOORS, plainDoor, pollingDoor, socketIoDoor, type TestClient } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { vehiclesAt } from "./targets.ts";

const MINUTE_MS = 60_000;

onBothStores("the limits of vehicle search", (suite) => {
  const searching = (door = plainDoor) => suite.connect(door, vehiclesAt(suite.hub.apiKey));
  const search = async (client: TestClient): Promise<void> => {
    client.send("search", { term: "ABC123" });
    await client.next("search_results");
  };

  describe("connections per API key", () => {
    const tooMany = { code: 1008, reason: "Too Many Connections", message: "Too Many Connections" };
    const [a, b] = [plainDoor, socketIoDoor];
    for (const [title, doors] of [
      ["through plain WebSocket", [a, a, a, a, a]],
      ["through Socket.IO", [b, b, b, b, b]],
      ["through both doors together", [a, b, a, b, pollingDoor]],
    ] as const) {
      it(`are five ${title}: the sixth is refused, and a place is free again when one leaves`, async () => {
        const five = await Promise.all(doors.map((door) => searching(door)));
        for (const door of [...DOORS, pollingDoor])
          expect(await door.refused(suite.hub.url, vehiclesAt(suite.hub.apiKey))).to.eql(tooMany);
        for (const [i, client] of five.entries()) {
          await client.close();
          while (suite.hub.hub.connections.size > 4) await once(suite.hub.hub.events, "disconnected");
          await search(await searching(DOORS[i % 2]));
          expect(await a.refused(suite.hub.url, vehiclesAt(suite.hub.apiKey))).to.eql(tooMany);
        }
      });
    }

    it("count every way in: namespaces of one Socket.IO connection, and clients that have not been answered yet", async () => {
      const attempts = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => searching(DOORS[i % 2])));
      const clients = attempts.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
      const answered = await Promise.all(
        clients.map((client) => Promise.race([search(client).then(() => 1), client.ended.then(() => 0)])),
      );
      expect(answered.filter(Boolean)).to.have.lengthOf(5);
    });

    it("take no place for those who are refused for another reason", async () => {
      for (let i = 0; i < 6; i++)
        for (const door of DOORS) await door.refused(suite.hub.url, vehiclesAt("no such key"));
      for (let i = 0; i < 5; i++) await searching();
    });

    it("are a limit of this app alone", async () => {
      await Promise.all([a, b, a, b, a].map((door) => searching(door)));
      const credential = await suite.hub.token("customer");
      await suite.connect(plainDoor, { path: "/ws", namespace: "/events", credential });
    });
  });

  for (const door of suite.doors) {
    describe(`through ${door.name}`, () => {
      it("allow ten searches a minute: the eleventh is an error and the end, 1008", async () => {
        const client = await searching(door);
        for (let i = 0; i < 10; i++) await search(client);
        client.send("search", { term: "ABC123" });
        expect(await client.next("error")).to.eql({ detail: "Rate Limit Exceeded" });
        expect(await client.ended).to.eql({ code: 1008, reason: "Rate Limit Exceeded" });
        expect(client.log.filter(([type]) => type === "search_results")).to.have.lengthOf(10);
      });

      it("slide: a search counts for exactly a minute", async () => {
        const client = await searching(door);
        for (let i = 0; i < 10; i++) {
          await search(client);
          suite.hub.clock.advance(6_000);
        }
        // A minute after the first, which no longer counts; the second does for six seconds more.
        await search(client);
        suite.hub.clock.advance(5_999);
        client.send("search", { term: "ABC123" });
        expect(await client.ended).to.eql({ code: 1008, reason: "Rate Limit Exceeded" });
      });

      it("are each connection's own, and count searches that were wrong, but no other message", async () => {
        const [client, other] = [await searching(door), await searching(door)];
        for (let i = 0; i < 5; i++) await search(client);
        for (let i = 0; i < 5; i++) client.send("search", { term: "" });
        for (let i = 0; i < 20; i++) client.send("nonsense");
        for (let i = 0; i < 25; i++) await client.next("error");
        await search(other);
        client.send("search", { term: "ABC123" });
        expect(await client.ended).to.eql({ code: 1008, reason: "Rate Limit Exceeded" });
        await search(other);
      });

      it("end a connection with 1000 five minutes after its last message", async () => {
        const client = await searching(door);
        suite.hub.clock.advance(5 * MINUTE_MS - 1);
        await search(client);
        suite.hub.clock.advance(5 * MINUTE_MS - 1);
        client.send("nonsense");
        await client.next("error");
        suite.hub.clock.advance(5 * MINUTE_MS - 1);
        await search(client);
        suite.hub.clock.advance(5 * MINUTE_MS);
        expect(await client.ended).to.eql({ code: 1000, reason: "Idle" });
      });

      it("end one that has never said a word with 1000 after five minutes", async () => {
        const client = await searching(door);
        while (suite.hub.hub.connections.size === 0) await once(suite.hub.hub.events, "connected");
        suite.hub.clock.advance(5 * MINUTE_MS);
        expect(await client.ended).to.eql({ code: 1000, reason: "Idle" });
      });
    });
  }

  it("refuse access without a key or with a bad one", async () => {
    for (const door of [...DOORS, pollingDoor]) {
      const none = { code: 1008, reason: "Authentication Required", message: "Authentication Required" };
      expect(await door.refused(suite.hub.url, vehiclesAt(undefined))).to.eql(none);
      for (const key of ["no such key", "DEMO-API-KEY", await suite.hub.token("admin")]) {
        const bad = { code: 1008, reason: "Invalid API Key", message: "Invalid API Key" };
        expect(await door.refused(suite.hub.url, vehiclesAt(key))).to.eql(bad);
      }
    }
  });
});
