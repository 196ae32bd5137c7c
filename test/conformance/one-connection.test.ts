import { expect } from "chai";
import { Manager, type Socket } from "socket.io-client";
import type { Payload } from "../support/client.ts";
import { withHub } from "../support/suite.ts";

describe("one Socket.IO connection in several namespaces", () => {
  withHub((suite) => {
    let manager: Manager;
    let events: Socket;
    let event: Socket;
    let vehicles: Socket;

    beforeEach(async () => {
      const token = await suite.hub.token("customer");
      manager = new Manager(suite.hub.url, { transports: ["websocket"], reconnection: false });
      events = manager.socket("/events", { auth: { token } });
      event = manager.socket("/events/123", { auth: { token } });
      vehicles = manager.socket("/vehicles/search", { auth: { apiKey: suite.hub.apiKey } });
      const sockets = [events, event, vehicles];
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", () => resolve(0)))));
    });
    afterEach(() => {
      for (const socket of [events, event, vehicles]) socket.disconnect();
    });

    it("takes each one's own credential, and counts each as a client", async () => {
      const { data } = (await events.emitWithAck("get_stats")) as { data: Payload };
      expect(data).to.eql({ totalClients: 2, eventSubscriptions: 1 });
      expect(await vehicles.emitWithAck("search", { term: "ABC123" })).to.eql({ ok: true, total: 1 });
    });

    it("sends each message to each namespace that is subscribed, once", async () => {
      const heard: string[] = [];
      for (const socket of [events, event])
        socket.on("booking_created", () => heard.push((socket as unknown as { nsp: string }).nsp));
      await suite.hub.call("customer", "POST", "/api/events/123/bookings", {});
      await events.emitWithAck("subscribe_event", { eventId: 123 });
      await suite.hub.call("customer", "POST", "/api/events/123/bookings", {});
      for (const socket of [events, event]) await socket.emitWithAck("ping");
      expect(heard.sort()).to.eql(["/events", "/events/123", "/events/123"]);
    });

    it("goes on in the others when the hub ends it in one", async () => {
      const closing = new Promise((resolve) => vehicles.once("closing", resolve));
      const ended = new Promise((resolve) => vehicles.once("disconnect", resolve));
      for (let i = 0; i < 11; i++) vehicles.emit("search", { term: "ABC123" });
      expect(await closing).to.eql({ code: 1008, reason: "Rate Limit Exceeded" });
      await ended;
      expect(await events.emitWithAck("ping")).to.eql({ ok: true });
      expect(suite.hub.hub.connections.size).to.equal(2);
    });

    it("is told in each of them when all of it ends", async () => {
      const told = Promise.all(
        [events, event, vehicles].map((socket) => new Promise((resolve) => socket.once("closing", resolve))),
      );
      events.emit("ping", Buffer.from([1, 2, 3]));
      const binary = { code: 1003, reason: "Binary Not Supported" };
      expect(await told).to.eql([binary, binary, binary]);
    });
  });
});
