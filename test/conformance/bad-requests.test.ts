import { once } from "node:events";
import { expect } from "chai";
import { DOORS } from "../support/client.ts";
import { withHub } from "../support/suite.ts";
import { type Bystanders, bystanders } from "./bystanders.ts";
import { HANDSHAKE, knock, statusOf } from "./raw-clients.ts";
import { vehiclesAt } from "./targets.ts";

describe("a bad request for an upgrade", () => {
  withHub((suite) => {
    let others: Bystanders;
    beforeEach(async () => {
      others = await bystanders(suite);
    });
    afterEach(() => others.noticeNothing());

    const ask = async (target: string, headers: Record<string, string> = {}, method = "GET"): Promise<number> =>
      statusOf(await knock(suite.hub.url, target, { ...HANDSHAKE, ...headers }, method));
    const key = () => ({ "X-API-Key": suite.hub.apiKey });
    /** All five places of the API key are free, as they are after anybody who did not get in. */
    const placesAreFree = async (): Promise<void> => {
      for (const door of DOORS) {
        const five = await Promise.all(
          Array.from({ length: 5 }, () => suite.connect(door, vehiclesAt(suite.hub.apiKey))),
        );
        for (const client of five) client.send("search", { term: "ABC123" });
        for (const client of five) await client.next("search_results");
        await Promise.all(five.map((client) => client.close()));
        while (suite.hub.hub.connections.size > 2) await once(suite.hub.hub.events, "disconnected");
      }
    };

    for (const target of [
      "//",
      "///",
      "//[",
      "//@:",
      "/%",
      "/%00",
      "/ws/%2e%2e/ws",
      "/..;/ws",
      "/ws?%",
      `/${"x".repeat(4_000)}`,
    ]) {
      it(`for ${target.slice(0, 20)} is answered 404`, async () => {
        expect(await ask(target)).to.equal(404);
      });
    }

    for (const target of ["*", "http://[", "http://localhost/ws", "ws", "?token=x"]) {
      it(`for ${target}, which is no path, is answered 400`, async () => {
        expect(await ask(target)).to.equal(400);
      });
    }

    it("for a host of its own choosing is not taken for a path", async () => {
      expect(await ask("//localhost/ws", key())).to.equal(404);
    });

    for (const [what, headers, method, status] of [
      ["without a key", { "Sec-WebSocket-Key": "" }, "GET", 400],
      ["with a key that is none", { "Sec-WebSocket-Key": "short" }, "GET", 400],
      ["for a version that there is not", { "Sec-WebSocket-Version": "99" }, "GET", 400],
      ["for another protocol", { Upgrade: "h2c" }, "GET", 400],
      ["by POST", { "Content-Length": "0" }, "POST", 405],
      ["with subprotocols that are none", { "Sec-WebSocket-Protocol": "a,,b" }, "GET", 400],
    ] as const) {
      it(`${what} is answered ${status} and takes no place`, async () => {
        for (let i = 0; i < 6; i++)
          expect(await ask("/ws/vehicles/search", { ...key(), ...headers }, method)).to.equal(status);
        await placesAreFree();
      });
    }

    for (const [what, transport] of [
      ["on the plain door", "/ws/vehicles/search"],
      ["on the Socket.IO door", "/socket.io/?EIO=4&transport=websocket"],
    ] as const) {
      it(`whose client is gone before it is answered takes no place, ${what}`, async () => {
        for (let i = 0; i < 20; i++) {
          const socket = await knock(suite.hub.url, transport, { ...HANDSHAKE, ...key() });
          if (i % 2) socket.destroy();
          else socket.end();
          socket.resume();
          await once(socket, "close");
        }
        await placesAreFree();
      });
    }

    it("that stops halfway keeps nobody waiting", async () => {
      const halves = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const socket = await knock(suite.hub.url, "/ws", HANDSHAKE);
          // Without the empty line the headers never end.
          socket.destroy();
          const half = await knock(suite.hub.url, "/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: webso", {});
          return half;
        }),
      );
      await others.noticeNothing();
      expect(await ask("/ws")).to.equal(101);
      for (const half of halves) half.destroy();
    });

    it("is hung up on once it is answered, whether its client agrees or not", async () => {
      const socket = await knock(suite.hub.url, "/nowhere", HANDSHAKE);
      socket.resume();
      await once(socket, "end");
      // This half is still open; what is written into it now meets nobody.
      const met = once(socket, "close");
      const writing = setInterval(() => socket.write("still here"), 5);
      await met;
      clearInterval(writing);
    });

    it("over Socket.IO is answered 400, and takes no place either", async () => {
      for (const query of [
        "",
        "?EIO=4",
        "?EIO=4&transport=carrier-pigeon",
        "?EIO=3&transport=websocket",
        "?EIO=4&transport=websocket&sid=nobody",
        "?EIO=4&transport=websocket&sid=__proto__",
      ])
        expect(await ask(`/socket.io/${query}`, key()), query).to.be.oneOf([400, 101]);
      for (const query of [
        "",
        "?EIO=4&transport=polling&sid=nobody",
        "?EIO=4&transport=polling&sid=__proto__",
        "?EIO=4&transport=polling&sid=toString",
      ]) {
        for (const method of ["GET", "POST"]) {
          const body = method === "POST" ? { body: "40" } : {};
          const response = await fetch(`${suite.hub.url}/socket.io/${query}`, { method, ...body });
          expect(response.status, query).to.equal(400);
        }
      }
      await placesAreFree();
    });
  });
});
