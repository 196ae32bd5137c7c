import { expect } from "chai";
import { io, type Socket } from "socket.io-client";
import type { Payload } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { newEvent } from "./event-data.ts";

onBothStores("an acknowledgement on Socket.IO", (suite) => {
  for (const transport of ["websocket", "polling"]) {
    describe(`by ${transport}`, () => {
      const sockets: Socket[] = [];
      /** A client, and everything that it is sent. */
      async function connect(namespace: string, auth: object): Promise<{ socket: Socket; had: [string, Payload][] }> {
        const socket = io(suite.hub.url + namespace, {
          transports: [transport],
          forceNew: true,
          reconnection: false,
          auth,
        });
        sockets.push(socket);
        const had: [string, Payload][] = [];
        socket.onAny((type: string, payload: Payload) => had.push([type, payload]));
        await new Promise((resolve, reject) => socket.once("connect", () => resolve(0)).once("connect_error", reject));
        return { socket, had };
      }
      afterEach(() => {
        for (const socket of sockets.splice(0)) socket.disconnect();
      });
      const events = async () => connect("/events", { token: await suite.hub.token("customer") });
      const vehicles = () => connect("/vehicles/search", { apiKey: suite.hub.apiKey });
      const refusal = (code: string, message: string) => ({ ok: false, error: { code, message } });

      it("says ok with what the event was about, and the documented messages come as well", async () => {
        const id = await newEvent(suite.hub);
        const { socket, had } = await events();
        expect(await socket.emitWithAck("subscribe_event", { eventId: id })).to.eql({ ok: true, eventId: id });
        expect(await socket.emitWithAck("ping", {})).to.eql({ ok: true });
        expect(await socket.emitWithAck("get_stats", {})).to.eql({
          ok: true,
          data: { totalClients: 1, eventSubscriptions: 1 },
        });
        expect(await socket.emitWithAck("unsubscribe_event", { eventId: id })).to.eql({ ok: true, eventId: id });
        const types = ["connection_established", "subscribed", "seat_update", "pong", "stats", "unsubscribed"];
        expect(had.map(([type]) => type)).to.eql(types);
      });

      it("says ok where the message has no payload", async () => {
        const { socket } = await events();
        expect(await socket.emitWithAck("ping")).to.eql({ ok: true });
      });

      it("says what is wrong, as the error message does", async () => {
        const { socket, had } = await events();
        const outcomes = {
          not_found: await socket.emitWithAck("subscribe_event", { eventId: 999_999 }),
          unknown_type: await socket.emitWithAck("nonsense", {}),
          invalid_message: await socket.emitWithAck("ping", "a text"),
        };
        expect(outcomes).to.eql({
          not_found: refusal("not_found", "Event not found"),
          unknown_type: refusal("unknown_type", "Unknown message type"),
          invalid_message: refusal("invalid_message", "Invalid message format"),
        });
        for (const payload of [null, 7, [1], "text", true])
          expect(await socket.emitWithAck("ping", payload)).to.eql(
            refusal("invalid_message", "Invalid message format"),
          );
        const invalid = await socket.emitWithAck("subscribe_event", { eventId: "123" });
        expect(invalid.error.code).to.equal("invalid_field");
        const texts = had.flatMap(([type, { message }]) => (type === "error" ? [message] : []));
        expect(texts.slice(0, 2)).to.eql(["Event not found", "Unknown message type"]);
        expect(texts.at(-1)).to.equal(invalid.error.message);
      });

      it("says ok to a refresh, or why not", async () => {
        const { socket } = await events();
        const refresh = async (token: string) => socket.emitWithAck("refresh", { token });
        expect(await refresh(await suite.hub.token("customer"))).to.eql({ ok: true });
        expect(await refresh(await suite.hub.token("admin"))).to.eql(
          refusal("forbidden", "The token is for another user"),
        );
        expect(await refresh("rubbish")).to.eql(refusal("unauthenticated", "Invalid Token"));
      });

      it("says how many a search found, and the eleventh time that it was one too many, before the end", async () => {
        const { socket, had } = await vehicles();
        const ended = new Promise((resolve) => socket.once("disconnect", resolve));
        for (let i = 0; i < 10; i++)
          expect(await socket.emitWithAck("search", { term: "ABC123" })).to.eql({ ok: true, total: 1 });
        const last = await socket.emitWithAck("search", { term: "ABC123" });
        expect(last).to.eql(refusal("rate_limited", "Rate Limit Exceeded"));
        expect(await ended).to.equal("io server disconnect");
        expect(had.slice(-2)).to.eql([
          ["error", { detail: "Rate Limit Exceeded" }],
          ["closing", { code: 1008, reason: "Rate Limit Exceeded" }],
        ]);
      });
    });
  }
});
