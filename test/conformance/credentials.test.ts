import { once } from "node:events";
import { expect } from "chai";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import type { Ended } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";

/** Where a client of either door can put its credential. */
interface Places {
  readonly headers?: Record<string, string>;
  readonly protocols?: string[];
  readonly query?: Record<string, string>;
  readonly auth?: Record<string, string>;
}

const EVENTS = { path: "/ws", namespace: "/events", query: "token", auth: "token", refusal: "Invalid Token" };
const VEHICLES = {
  path: "/ws/vehicles/search",
  namespace: "/vehicles/search",
  query: "api_key",
  auth: "apiKey",
  refusal: "Invalid API Key",
};

onBothStores("a credential", (suite) => {
  /** Knocks at a door: `in`, or the reason why not. A plain client that is in is told what is wrong with its knock. */
  const doors = {
    async "plain WebSocket"({ path }: typeof EVENTS, { headers = {}, protocols = [], query = {} }: Places) {
      const url = `${suite.hub.url.replace("http", "ws")}${path}?${new URLSearchParams(query)}`;
      const ws = new WebSocket(url, protocols, { headers });
      ws.once("open", () => ws.send('{"type":"knock"}'));
      ws.on("message", (data) => {
        if (String(data).includes("Unknown message type")) ws.close(1000, "in");
      });
      const [code, reason] = (await once(ws, "close")) as [number, Buffer];
      expect(code).to.equal(String(reason) === "in" ? 1000 : 1008);
      expect(ws.protocol).to.equal(protocols.includes("hub.v1") ? "hub.v1" : "");
      return String(reason);
    },
    async "Socket.IO"({ namespace }: typeof EVENTS, { headers = {}, protocols = [], query = {}, auth = {} }: Places) {
      const options = { extraHeaders: headers, protocols, query, auth, transports: ["websocket"] };
      const socket = io(suite.hub.url + namespace, { ...options, forceNew: true, reconnection: false });
      let selected: string | undefined;
      socket.io.once("open", () => {
        selected = (socket.io.engine.transport as unknown as { ws: WebSocket }).ws.protocol;
      });
      const refusal = await new Promise<Ended | undefined>((resolve) => {
        socket.once("connect", () => resolve(undefined));
        socket.once("connect_error", (error) => resolve((error as Error & { data: Ended }).data));
      });
      expect(selected).to.equal(protocols.includes("hub.v1") ? "hub.v1" : "");
      socket.disconnect();
      if (refusal) expect(refusal.code).to.equal(1008);
      return refusal?.reason ?? "in";
    },
  };

  for (const [name, knock] of Object.entries(doors)) {
    describe(`for ${name}`, () => {
      for (const app of [EVENTS, VEHICLES]) {
        const isKey = app === VEHICLES;
        const good = async () => (isKey ? suite.hub.apiKey : suite.hub.token("customer"));
        /** The places in the order in which they are looked at. */
        const places: [string, (value: string) => Places][] = [
          [
            "in the header",
            (value) => ({ headers: isKey ? { "X-API-Key": value } : { Authorization: `Bearer ${value}` } }),
          ],
          ["in the subprotocol list", (value) => ({ protocols: ["hub.v1", `bearer.${value}`] })],
          ["in the query", (value) => ({ query: { [app.query]: value } })],
        ];
        if (name === "Socket.IO") places.unshift(["in auth", (value) => ({ auth: { [app.auth]: value } })]);

        for (const [place, put] of places) {
          it(`of ${app.namespace} may be ${place}`, async () => {
            expect(await knock(app, put(await good()))).to.equal("in");
            expect(await knock(app, put("rubbish"))).to.equal(app.refusal);
          });
        }

        for (const [i, [first, putFirst]] of places.entries()) {
          for (const [second, putSecond] of places.slice(i + 1)) {
            it(`of ${app.namespace} ${first} is taken before one ${second}`, async () => {
              expect(await knock(app, { ...putSecond("rubbish"), ...putFirst(await good()) })).to.equal("in");
              expect(await knock(app, { ...putSecond(await good()), ...putFirst("rubbish") })).to.equal(app.refusal);
            });
          }
        }
      }

      it("is never what the server selects of the subprotocol list, whatever its order", async () => {
        const bearer = `bearer.${await suite.hub.token("customer")}`;
        expect(await knock(EVENTS, { protocols: [bearer, "hub.v1"] })).to.equal("in");
        expect(await knock(EVENTS, { protocols: ["hub.v2", "hub.v1", bearer] })).to.equal("in");
      });

      it("counts only where it belongs", async () => {
        const [token, key] = [await suite.hub.token("customer"), suite.hub.apiKey];
        const none = "Authentication Required";
        expect(await knock(EVENTS, { query: { api_key: token } })).to.equal(none);
        expect(await knock(EVENTS, { headers: { "X-API-Key": token } })).to.equal(none);
        expect(await knock(EVENTS, { headers: { Authorization: `Basic ${token}` } })).to.equal(none);
        expect(await knock(EVENTS, { query: { token: "" } })).to.equal(none);
        expect(await knock(EVENTS, { protocols: ["hub.v1"] })).to.equal(none);
        expect(await knock(EVENTS, { headers: { Cookie: `access_token=${token}; token=${token}` } })).to.equal(none);
        expect(await knock(VEHICLES, { query: { token: key } })).to.equal(none);
        expect(await knock(VEHICLES, { query: { api_key: token } })).to.equal("Invalid API Key");
        expect(await knock(EVENTS, { query: { token: key } })).to.equal("Invalid Token");
      });

      it("needs no particular case in the name of its scheme or header", async () => {
        const token = await suite.hub.token("customer");
        expect(await knock(EVENTS, { headers: { authorization: `bearer ${token}` } })).to.equal("in");
        expect(await knock(VEHICLES, { headers: { "x-api-key": suite.hub.apiKey } })).to.equal("in");
      });

      it("appears in no line of the log, good or bad", async () => {
        const token = await suite.hub.token("customer");
        await knock(EVENTS, { query: { token } });
        await knock(EVENTS, { headers: { Authorization: `Bearer ${token}x` } });
        await knock(VEHICLES, { query: { api_key: "a-secret-key" } });
        for (const secret of [token, suite.hub.apiKey, "a-secret-key"])
          expect(suite.hub.lines.filter((line) => line.includes(secret))).to.eql([]);
      });
    });
  }
});
