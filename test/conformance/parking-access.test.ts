import { once } from "node:events";
import { expect } from "chai";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { type Door, plainDoor, rawClient } from "../support/client.ts";
import { onBothStores, withHub } from "../support/suite.ts";
import { isServed, PARKING_DOOR, parkingAt, refusedUpgrade, wsToken } from "./parking-data.ts";

const MINUTE_MS = 60_000;

onBothStores(
  "access to the parking app",
  (suite) => {
    const path = "/ws/notifications/";
    const logout = async (jwt: string): Promise<void> => {
      const headers = { Authorization: `Bearer ${jwt}` };
      const { status } = await fetch(`${suite.hub.url}/api/v2/auth/logout`, { method: "POST", headers });
      expect(status).to.equal(204);
    };
    const tokenFor = async (jwt: string): Promise<string> => {
      const headers = { Authorization: `Bearer ${jwt}` };
      const response = await fetch(`${suite.hub.url}/api/user/ws-token/`, { headers });
      return ((await response.json()) as { ws_token: string }).ws_token;
    };
    const badTokens = async (): Promise<string[]> => {
      const { hub } = suite;
      const jwt = await hub.token("customer");
      const revoked = await tokenFor(jwt);
      await logout(jwt);
      const good = await wsToken(hub);
      return [
        await hub.token("admin"),
        hub.apiKey,
        revoked,
        good.slice(1),
        `${good}A`,
        good.toUpperCase(),
        "x".repeat(9_000),
      ];
    };

    it("is refused with HTTP 403 at the upgrade where no ws token is given", async () => {
      expect(await refusedUpgrade(suite.hub.url + path)).to.eql({
        status: 403,
        type: "application/problem+json",
        problem: { type: "about:blank", title: "Forbidden", status: 403, detail: "Authentication Required" },
      });
    });

    it("is refused with HTTP 403 at the upgrade where it is none, not ours, or of a user who has logged out", async () => {
      for (const token of await badTokens()) {
        const url = `${suite.hub.url}/parking${path}?token=${token}`;
        const { status, problem } = await refusedUpgrade(url);
        expect(status, token.slice(0, 60)).to.equal(403);
        expect(problem).to.include({ detail: "Invalid Token" });
      }
    });

    for (const door of suite.doors.filter((one) => one !== plainDoor)) {
      it(`is a connect_error with code and reason through ${door.name}`, async () => {
        const refused = (token?: string) => door.refused(suite.hub.url, parkingAt(token));
        expect(await refused()).to.include({ code: 1008, reason: "Authentication Required" });
        for (const token of await badTokens()) {
          expect(await refused(token), token.slice(0, 60)).to.include({ code: 1008, reason: "Invalid Token" });
        }
      });
    }

    for (const door of suite.doors) {
      describe(`through ${door.name}`, () => {
        it("is had by any number of connections with one token", async () => {
          const token = await wsToken(suite.hub);
          const clients = await Promise.all(Array.from({ length: 20 }, () => suite.connect(door, parkingAt(token))));
          await Promise.all(clients.map(isServed));
        });

        it("goes on when the ws token and the JWT have expired, but begins no more", async () => {
          const { hub } = suite;
          const token = await wsToken(hub);
          const client = await suite.connect(door, parkingAt(token));
          hub.clock.advance(30 * MINUTE_MS - 1);
          const late = await suite.connect(door, parkingAt(token));
          hub.clock.advance(1);
          await refusedBy(door, token);
          hub.clock.advance(24 * 60 * MINUTE_MS);
          await isServed(client);
          await isServed(late);
        });

        it("ends with 1008 when the JWT that the ws token was given for is logged out; others stay", async () => {
          const jwt = await suite.hub.token("customer");
          const mine = await suite.connect(door, parkingAt(await tokenFor(jwt)));
          const other = await suite.connect(door, parkingAt(await wsToken(suite.hub)));
          await logout(jwt);
          expect(await mine.ended).to.eql({ code: 1008, reason: "Token Revoked" });
          await isServed(other);
        });
      });
    }

    async function refusedBy(door: Door, token: string): Promise<void> {
      if (door === plainDoor) {
        expect(await refusedUpgrade(`${suite.hub.url}${path}?token=${token}`)).to.include({ status: 403 });
      } else expect(await door.refused(suite.hub.url, parkingAt(token))).to.include({ reason: "Invalid Token" });
    }
  },
  PARKING_DOOR,
);

describe("the plain door of the parking app", () => {
  withHub(
    (suite) => {
      for (const path of [
        "/ws/notifications/",
        "/ws/notifications",
        "/parking/ws/notifications/",
        "/parking/ws/notifications",
      ]) {
        it(`is at ${path}, with the token in the query as the document has it`, async () => {
          const token = await wsToken(suite.hub);
          const target = parkingAt(undefined, `${path}?token=${token}`);
          await isServed(await suite.connect(plainDoor, target));
        });
      }

      it("takes the token from the subprotocol list too", async () => {
        const token = await wsToken(suite.hub);
        const ws = new WebSocket(`${suite.hub.url.replace("http", "ws")}/ws/notifications/`, [
          "hub.v1",
          `bearer.${token}`,
        ]);
        await once(ws, "open");
        expect(ws.protocol).to.equal("hub.v1");
        ws.close();
        await once(ws, "close");
      });

      it("speaks the frames of the document, fields beside type", async () => {
        const ws = await rawClient(suite.hub.url, parkingAt(await wsToken(suite.hub)));
        const answer = async (frame: string): Promise<unknown> => {
          ws.send(frame);
          const [data] = (await once(ws, "message")) as [Buffer];
          return JSON.parse(data.toString());
        };
        const types = ["reservation", "parking_lot"];
        const frame = JSON.stringify({ type: "subscribe", notification_types: types });
        expect(await answer(frame)).to.eql({ type: "subscribed", notification_types: types });
        const wrong: Record<string, string> = {
          "{": "Invalid JSON",
          "": "Invalid JSON",
          "[]": "Invalid message format",
          "7": "Invalid message format",
          null: "Invalid message format",
          "{}": "Invalid message format",
          '{"type":7}': "Invalid message format",
          '{"type":"x"}': "Unknown message type",
        };
        for (const [sent, message] of Object.entries(wrong)) {
          expect(await answer(sent), sent).to.eql({ type: "error", message });
        }
        expect(await answer('{"type":"subscribe","notification_types":[]}')).to.include({ type: "subscribed" });
        ws.close();
        await once(ws, "close");
      });
    },
    { file: PARKING_DOOR },
  );
});

describe("the Socket.IO door of the parking app", () => {
  withHub(
    (suite) => {
      it("acknowledges subscribe with the types, or with what is wrong", async () => {
        const auth = { token: await wsToken(suite.hub) };
        const socket = io(`${suite.hub.url}/parking/notifications`, {
          auth,
          forceNew: true,
          transports: ["websocket"],
        });
        const types = ["parking_lot"];
        expect(await socket.emitWithAck("subscribe", { notification_types: types })).to.eql({
          ok: true,
          notification_types: types,
        });
        const refusal = await socket.emitWithAck("subscribe", { notification_types: ["weather"] });
        expect(refusal).to.include({ ok: false });
        expect(refusal.error.code).to.equal("invalid_field");
        socket.disconnect();
      });
    },
    { file: PARKING_DOOR },
  );
});
