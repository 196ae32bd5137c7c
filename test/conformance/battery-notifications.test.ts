import { once } from "node:events";
import { expect } from "chai";
import { WebSocket } from "ws";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import { type Door, type Payload, plainDoor } from "../support/client.ts";
import type { DemoUserName } from "../support/hub.ts";
import { onBothStores, withHub } from "../support/suite.ts";
import {
  addBattery,
  BATTERY_DOOR,
  book,
  finish,
  listed,
  newStation,
  notificationsAt,
  soFar,
  stationsAt,
  watch,
} from "./battery-data.ts";
import { TIMESTAMP } from "./targets.ts";

const GREETING = ["connection_established", { message: "Connected to notifications" }];

onBothStores(
  "the notifications of the battery app",
  (suite) => {
    const enter = async (door: Door, as: DemoUserName = "customer") => {
      const client = await suite.connect(door, notificationsAt(await suite.hub.token(as)));
      expect(await client.next("connection_established")).to.eql(GREETING[1]);
      return client;
    };
    /** The seq of the user's newest notification. */
    const newest = async (as: DemoUserName): Promise<number> =>
      ((await listed(suite.hub, as)).at(-1)?.seq ?? 0) as number;
    const notify = (as: DemoUserName | undefined, body: Payload) =>
      suite.hub.call(as, "POST", "/api/notifications", body);
    const toCustomer = (facts: Payload = {}) => ({
      user_id: DEMO_USERS.customer.id,
      title: "System Update",
      message: "New features available!",
      ...facts,
    });

    for (const door of suite.doors) {
      describe(`through ${door.name}`, () => {
        it("are for who has a JWT: without one, or with a bad one, error and 1008", async () => {
          const refused = (credential?: string) => door.refused(suite.hub.url, notificationsAt(credential));
          expect(await refused()).to.include({ code: 1008, reason: "Authentication Required" });
          expect(await refused("not-a-token")).to.include({ code: 1008, reason: "Invalid Token" });
          const expired = await suite.hub.token("customer", { exp: Math.floor(suite.hub.clock.now() / 1000) - 1 });
          expect(await refused(expired)).to.include({ code: 1008, reason: "Invalid Token" });
        });

        it("tell the booker that a battery is booked, and nobody else", async () => {
          const id = await newStation(suite.hub, 0, "Mill");
          await addBattery(suite.hub, id, "Tesla Battery - Model 3");
          const [booker, same, other] = [await enter(door), await enter(door), await enter(door, "secondCustomer")];
          const { booking_id } = await book(suite.hub, id);
          for (const client of [booker, same]) {
            const { timestamp, seq, ...rest } = await client.next("booking_confirmed");
            expect(timestamp).to.match(TIMESTAMP);
            expect(seq).to.equal(await newest("customer"));
            expect(rest).to.eql({
              booking_id,
              station_name: "Mill",
              battery_info: "Tesla Battery - Model 3",
              message: "Battery booked successfully at Mill",
            });
            expect(await soFar(client)).to.have.lengthOf(2);
          }
          expect(await soFar(other)).to.eql([GREETING]);
        });

        it("tell the booker once that the battery is ready", async () => {
          const id = await newStation(suite.hub, 1, "Mill");
          const { booking_id } = await book(suite.hub, id);
          const [booker, operator] = [await enter(door), await enter(door, "operator")];
          for (const as of ["operator", "operator", "admin"] as const) {
            const { status, body } = await finish(suite.hub, as, id, booking_id, "ready");
            expect([status, body.status]).to.eql([200, "ready"]);
          }
          const { timestamp, seq, ...rest } = await booker.next("booking_ready");
          expect(timestamp).to.match(TIMESTAMP);
          expect(seq).to.equal(await newest("customer"));
          expect(rest).to.eql({
            booking_id,
            station_name: "Mill",
            message: "Your battery is ready for collection at Mill",
          });
          expect(await soFar(booker)).to.have.lengthOf(2);
          expect(await soFar(operator)).to.eql([GREETING]);
        });

        it("bring what an operator or admin has to say to one user", async () => {
          const [user, other] = [await enter(door), await enter(door, "secondCustomer")];
          for (const [as, level] of [
            ["operator", "info"],
            ["admin", "warning"],
          ] as const) {
            expect((await notify(as, toCustomer({ level }))).status).to.equal(201);
            const { timestamp, seq, ...rest } = await user.next("notification");
            expect(timestamp).to.match(TIMESTAMP);
            expect(seq).to.equal(await newest("customer"));
            expect(rest).to.eql({ title: "System Update", message: "New features available!", level });
          }
          expect(await soFar(other)).to.eql([GREETING]);
        });

        it("answer ping with pong, and what is no message of theirs with the document's error", async () => {
          const client = await enter(door);
          client.send("ping", { timestamp: "2024-02-27T10:30:00" });
          expect(await client.next("pong")).to.eql({ timestamp: "2024-02-27T10:30:00" });
          client.send("subscribe");
          expect(await client.next("error")).to.eql({ message: "Unknown message type" });
          await soFar(client);
        });

        it("end with the JWT, and go on with a fresh one", async () => {
          const exp = Math.floor(suite.hub.clock.now() / 1000) + 60;
          const short = async () => notificationsAt(await suite.hub.token("customer", { exp }));
          const [ends, stays] = [await suite.connect(door, await short()), await suite.connect(door, await short())];
          for (const client of [ends, stays]) await client.next("connection_established");
          stays.send("refresh", { token: await suite.hub.token("customer") });
          await soFar(stays);
          suite.hub.clock.advance(60_000);
          expect(await ends.ended).to.eql({ code: 1008, reason: "Token Expired" });
          await soFar(stays);
        });
      });
    }

    it("are also listed, in order, with a number that grows by one", async () => {
      const after = await newest("secondCustomer");
      const id = await newStation(suite.hub, 1, "Mill");
      const client = await enter(plainDoor, "secondCustomer");
      const { booking_id } = await book(suite.hub, id, "secondCustomer");
      await finish(suite.hub, "operator", id, booking_id, "ready");
      const said = await notify("operator", toCustomer({ user_id: DEMO_USERS.secondCustomer.id, level: "error" }));
      await finish(suite.hub, "secondCustomer", id, booking_id, "collect");

      const sent = (await soFar(client)).slice(1).map(([type, payload]) => ({ type, ...payload }));
      expect(sent.map(({ type }) => type)).to.eql(["booking_confirmed", "booking_ready", "notification"]);
      const expected = sent.map((message, at) => ({ ...message, seq: after + 1 + at }));
      expect(sent).to.eql(expected);
      expect(await listed(suite.hub, "secondCustomer", after)).to.eql(expected);
      expect(await listed(suite.hub, "secondCustomer", after + 2)).to.eql(expected.slice(2));
      expect(await listed(suite.hub, "secondCustomer", after + 3)).to.eql([]);
      expect(said.body).to.eql(expected[2]);
    });

    it("are listed for their own user alone, who has a JWT", async () => {
      await notify("operator", toCustomer({ title: "For you" }));
      const titles = (await listed(suite.hub, "customer")).map(({ title }) => title);
      expect(titles).to.include("For you");
      expect(await listed(suite.hub, "technician")).to.eql([]);
      expect((await suite.hub.call(undefined, "GET", "/api/notifications")).status).to.equal(401);
      for (const after of ["-1", "x", "1.5"])
        expect((await suite.hub.call("customer", "GET", `/api/notifications?after_seq=${after}`)).status).to.equal(400);
    });

    it("are not said by anybody else, nor in ways that make no sense", async () => {
      expect((await notify(undefined, toCustomer())).status).to.equal(401);
      for (const as of ["customer", "technician"] as const)
        expect((await notify(as, toCustomer())).status).to.equal(403);
      for (const wrong of [{ level: "loud" }, { title: "" }, { message: " " }, { user_id: "" }, { user_id: 7 }])
        expect((await notify("admin", toCustomer(wrong))).status, JSON.stringify(wrong)).to.equal(400);
      expect((await notify("admin", toCustomer())).body).to.include({ level: "info" });
    });

    it("say of 100 who book 15 batteries at once to each of the 15, and to nobody else, that it is theirs", async function () {
      this.timeout(60_000);
      const id = await newStation(suite.hub, 15);
      const before = { customer: await newest("customer"), secondCustomer: await newest("secondCustomer") };
      const clients = { customer: await enter(plainDoor), secondCustomer: await enter(plainDoor, "secondCustomer") };
      const users = ["customer", "secondCustomer"] as const;
      const made = await Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          const as = users[i % 2]!;
          const { status, body } = await suite.hub.call(as, "POST", `/api/stations/${id}/bookings`);
          return status === 201 ? [{ as, booking_id: body.booking_id as number }] : [];
        }),
      );
      for (const as of users) {
        const theirs = made.flat().flatMap((one) => (one.as === as ? one.booking_id : []));
        const confirmed = (await soFar(clients[as])).slice(1).map(([, { booking_id }]) => booking_id);
        expect(confirmed).to.have.members(theirs);
        const kept = await listed(suite.hub, as, before[as]);
        expect(kept.map(({ booking_id }) => booking_id)).to.have.members(theirs);
        expect(kept.map(({ seq }) => seq)).to.eql(theirs.map((_, at) => before[as] + 1 + at));
      }
    });
  },
  BATTERY_DOOR,
);

describe("/ws/notifications/ of the battery app", () => {
  withHub(
    (suite) => {
      async function open(query: string, headers: Record<string, string>): Promise<WebSocket> {
        return new WebSocket(`${suite.hub.url.replace("http", "ws")}/ws/notifications/${query}`, { headers });
      }

      /** The first frame and, where the hub ends the connection, the reason. */
      async function answer(ws: WebSocket): Promise<{ type: unknown; reason?: string }> {
        const ended = once(ws, "close") as Promise<[number, Buffer]>;
        const [data] = (await once(ws, "message")) as [Buffer];
        const { type } = JSON.parse(data.toString()) as Payload;
        if (type === "connection_established") ws.close();
        const [, reason] = await ended;
        return { type, ...(reason.length > 0 && { reason: reason.toString() }) };
      }

      it("takes the JWT from the header, the query and the cookie access_token", async () => {
        const jwt = await suite.hub.token("customer");
        const places: [string, Record<string, string>][] = [
          ["", { Authorization: `Bearer ${jwt}` }],
          [`?token=${jwt}`, {}],
          ["", { Cookie: `theme=dark; access_token=${jwt}` }],
          ["", { Cookie: `access_token=${jwt}`, Origin: suite.hub.url }],
        ];
        for (const [query, headers] of places) {
          expect(await answer(await open(query, headers))).to.eql({ type: "connection_established" });
        }
      });

      it("takes no cookie that a page of another origin makes the browser send", async () => {
        const headers = { Cookie: `access_token=${await suite.hub.token("customer")}`, Origin: "https://evil.example" };
        expect(await answer(await open("", headers))).to.eql({ type: "error", reason: "Authentication Required" });
      });

      for (const path of ["/ws/notifications", "/battery/ws/notifications", "/battery/ws/notifications/"]) {
        it(`is also at ${path}`, async () => {
          const client = await suite.connect(plainDoor, notificationsAt(await suite.hub.token("customer"), path));
          expect(await client.next("connection_established")).to.eql(GREETING[1]);
        });
      }

      it("masks a booker without an email, who is told all the same", async () => {
        const jwt = await suite.hub.token("customer", { sub: "somebody", email: undefined });
        const client = await suite.connect(plainDoor, notificationsAt(jwt));
        const all = await watch(suite, plainDoor, stationsAt());
        const headers = { Authorization: `Bearer ${jwt}` };
        const response = await fetch(`${suite.hub.url}/api/stations/1/bookings`, { method: "POST", headers });
        expect(response.status).to.equal(201);
        expect(await all.client.next("battery_booked")).to.include({ user: "s***" });
        const { booking_id } = (await response.json()) as Payload;
        expect(await client.next("booking_confirmed")).to.include({ booking_id });
      });
    },
    { file: BATTERY_DOOR },
  );
});
