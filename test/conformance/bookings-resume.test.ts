import { expect } from "chai";
import { NAMESPACE } from "../../src/apps/bookings/rooms.ts";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import { DOORS, type Payload, type TestClient } from "../support/client.ts";
import type { DemoUserName } from "../support/hub.ts";
import { onBothStores } from "../support/suite.ts";
import {
  BOOKINGS_DOOR,
  bookingsAt,
  changeBooking,
  join,
  newBooking,
  newTicket,
  reportLocation,
  say,
  soFar,
  told,
} from "./bookings-data.ts";
import { trim } from "./trimming.ts";

const OWN_ROOM = `user:${DEMO_USERS.customer.id}`;

onBothStores(
  "resuming in the bookings app",
  (suite) => {
    const move = async (id: string, ...statuses: string[]): Promise<void> => {
      for (const status of statuses)
        expect((await changeBooking(suite.hub, "technician", id, { status })).status).to.equal(200);
    };
    const places = async (client: TestClient): Promise<unknown[]> =>
      (await told(client, "status_update")).map(({ seq, status }) => [seq, status]);
    /** The place of the newest message of a room. */
    const newest = async (room: string): Promise<number> =>
      (await suite.hub.store.log.newest([{ namespace: NAMESPACE, room }]))[0]!;

    for (const door of DOORS) {
      describe(`through ${door.name}`, () => {
        const enter = async (user: DemoUserName = "technician", since?: number | string) => {
          const at = { ...bookingsAt(await suite.hub.token(user)), ...(since !== undefined && { since }) };
          return suite.connect(door, at);
        };

        describe("a room that is joined", () => {
          it("numbers its messages from 1 without gaps", async () => {
            const [id, client] = [await newBooking(suite.hub), await enter()];
            await join(client, `booking:${id}`);
            await move(id, "en_route", "arrived", "in_progress");
            expect(await places(client)).to.eql([
              [1, "en_route"],
              [2, "arrived"],
              [3, "in_progress"],
            ]);
          });

          it("gives exactly what was missed, in order, after joined_room and before what comes", async () => {
            const [id, stayed, left] = [await newBooking(suite.hub), await enter(), await enter()];
            const room = `booking:${id}`;
            for (const client of [stayed, left]) await join(client, room);
            await move(id, "en_route");
            const { seq: since } = await left.next("status_update");
            await left.close();
            await move(id, "arrived", "in_progress");
            const back = await enter();
            const joined = await join(back, room, since as number);
            expect(joined).to.have.all.keys("room", "recovered", "seq", "timestamp");
            expect(joined).to.include({ room, recovered: true, seq: 3 });
            await move(id, "completed");
            const all = await told(stayed, "status_update");
            expect(await told(back, "status_update")).to.eql(all.slice(1));
            const types = (await soFar(back)).map(([type]) => type);
            expect(types).to.eql(["connected", "joined_room", ...Array(3).fill("status_update")]);
          });

          it("gives the same to who comes back without having gone", async () => {
            const [id, client] = [await newBooking(suite.hub), await enter()];
            await join(client, `booking:${id}`);
            await move(id, "en_route", "arrived");
            await client.next("status_update");
            expect(await join(client, `booking:${id}`, 1)).to.include({ recovered: true, seq: 2 });
            await move(id, "completed");
            expect((await places(client)).slice(2)).to.eql([
              [2, "arrived"],
              [3, "completed"],
            ]);
          });

          it("gives everything since 0, and nothing where nothing was missed", async () => {
            const [id, all, none] = [await newBooking(suite.hub), await enter(), await enter()];
            expect(await join(all, `booking:${id}`, 0)).to.include({ recovered: true, seq: 0 });
            await move(id, "en_route", "arrived");
            expect(await join(none, `booking:${id}`, 2)).to.include({ recovered: true, seq: 2 });
            expect(await places(none)).to.eql([]);
            expect(await join(none, `booking:${id}`, 0)).to.include({ recovered: true, seq: 2 });
            expect(await places(none)).to.have.lengthOf(2);
            expect(await places(all)).to.eql(await places(none));
          });

          it("says honestly that it cannot: for a place that is yet to come, and one of which the next is gone", async () => {
            const id = await newBooking(suite.hub);
            const room = `booking:${id}`;
            await move(id, "en_route", "arrived", "in_progress");
            await trim(suite.hub, NAMESPACE);
            for (const since of [4, 0, 1, Number.MAX_SAFE_INTEGER]) {
              const client = await enter();
              expect(await join(client, room, since)).to.include({ recovered: false, seq: 3 });
              expect(await places(client)).to.eql([]);
            }
            const client = await enter();
            expect(await join(client, room, 2)).to.include({ recovered: true, seq: 3 });
            await move(id, "completed");
            expect(await places(client)).to.eql([
              [3, "in_progress"],
              [4, "completed"],
            ]);
          });

          it("gives nothing but what comes to who does not ask", async () => {
            const [id, client] = [await newBooking(suite.hub), await enter()];
            await move(id, "en_route");
            expect(await join(client, `booking:${id}`)).to.have.all.keys("room", "timestamp");
            await move(id, "arrived");
            expect(await places(client)).to.eql([[2, "arrived"]]);
          });

          it("is not joined with a place that is none", async () => {
            const [id, client] = [await newBooking(suite.hub), await enter()];
            for (const since of [-1, 1.5, "1", null, {}, 1e300]) {
              client.send("join", { room: `booking:${id}`, since });
              expect((await client.next("error")).message, String(since)).to.match(/^Invalid since/);
            }
            await move(id, "en_route");
            expect((await soFar(client)).filter(([type]) => type !== "error").map(([type]) => type)).to.eql([
              "connected",
            ]);
          });

          it("is refused to who may not be there, whatever it asks for", async () => {
            const [id, client] = [await newBooking(suite.hub), await enter("secondCustomer")];
            await move(id, "en_route");
            client.send("join", { room: `booking:${id}`, since: 0 });
            expect(await client.next("error")).to.include({ room: `booking:${id}` });
            expect((await soFar(client)).map(([type]) => type)).to.eql(["connected", "error"]);
          });

          it("shows the technician's last location after what was missed", async () => {
            const [id, client] = [await newBooking(suite.hub), await enter()];
            await move(id, "en_route");
            await reportLocation(suite.hub, "technician", id, 1, 2);
            await join(client, `booking:${id}`, 0);
            await client.next("location_update");
            const types = client.log.map(([type]) => type);
            expect(types).to.eql(["connected", "joined_room", "status_update", "location_update"]);
          });

          it("never shows an older location after a newer one to who joins while the technician moves", async () => {
            const id = await newBooking(suite.hub);
            const watcher = await enter();
            await join(watcher, `booking:${id}`);
            const reports = Array.from({ length: 20 }, (_, i) => reportLocation(suite.hub, "technician", id, i, i));
            const client = await enter();
            await join(client, `booking:${id}`, 0);
            await Promise.all(reports);
            const latitudes = async (of: TestClient) =>
              (await told(of, "location_update")).map(({ location }) => (location as Payload).latitude as number);
            const order = await latitudes(watcher);
            expect(order).to.have.lengthOf(20);
            const seen = (await latitudes(client)).map((latitude) => order.indexOf(latitude));
            expect(seen).to.eql(seen.toSorted((left, right) => left - right));
            expect(seen.at(-1)).to.equal(19);
          });
        });

        describe("the room of a user", () => {
          it("gives what was missed to who connects with since, after connected and before what comes", async () => {
            const id = await newBooking(suite.hub);
            const stayed = await enter("customer");
            const greeting = await stayed.next("connected");
            expect(greeting).to.have.all.keys("userId", "timestamp");
            await move(id, "en_route");
            const { seq: since } = (await stayed.next("status_update")) as { seq: number };
            expect(since).to.equal(await newest(OWN_ROOM));
            await move(id, "arrived", "in_progress");
            const back = await enter("customer", since);
            const connected = await back.next("connected");
            expect(connected).to.have.all.keys("userId", "recovered", "seq", "timestamp");
            expect(connected).to.include({ userId: DEMO_USERS.customer.id, recovered: true, seq: since + 2 });
            await move(id, "completed");
            const missed = (await told(stayed, "status_update")).slice(1);
            expect(missed.map(({ seq }) => seq)).to.eql([since + 1, since + 2, since + 3]);
            expect(await soFar(back)).to.eql([
              ["connected", connected],
              ...missed.map((update) => ["status_update", update]),
            ]);
          });

          it("says honestly that it cannot", async () => {
            const client = await enter("customer", (await newest(OWN_ROOM)) + 1);
            expect(await client.next("connected")).to.include({ recovered: false, seq: await newest(OWN_ROOM) });
            expect(await soFar(client)).to.have.lengthOf(1);
          });

          it("is joined all the same with a place that is none, of which the client is told", async () => {
            for (const since of ["-1", "1.5", "abc", "1e3", "9".repeat(40)]) {
              const client = await enter("customer", since);
              expect((await client.next("error")).message, since).to.match(/^Invalid since/);
              expect(await client.next("connected")).to.have.all.keys("userId", "timestamp");
              await client.close();
            }
          });

          it("shows a status once, by the booking's room to who is in both, live and when it comes back", async () => {
            const id = await newBooking(suite.hub);
            const client = await enter("customer");
            await join(client, `booking:${id}`);
            const before = await newest(OWN_ROOM);
            await move(id, "en_route", "arrived");
            expect(await places(client)).to.eql([
              [1, "en_route"],
              [2, "arrived"],
            ]);
            const back = await enter("customer", before);
            await back.next("connected");
            expect(await places(back)).to.eql([
              [before + 1, "en_route"],
              [before + 2, "arrived"],
            ]);
            await join(back, `booking:${id}`, 0);
            await move(id, "completed");
            expect((await places(back)).slice(2)).to.eql([[3, "completed"]]);
          });
        });

        describe("the chat of a ticket", () => {
          const list = async (id: string) =>
            (await suite.hub.call("customer", "GET", `/api/v2/support/tickets/${id}/messages`)).body as {
              items: Payload[];
              seq: number;
            };
          const texts = (messages: Payload[]) => messages.map(({ message }) => (message as Payload).message);

          it("goes on where its listing ends", async () => {
            const id = await newTicket(suite.hub);
            for (const text of ["one", "two"]) await say(suite.hub, "customer", id, text);
            const { items, seq } = await list(id);
            expect([items.length, seq]).to.eql([2, 2]);
            await say(suite.hub, "admin", id, "three");
            const client = await enter("customer");
            expect(await join(client, `support:${id}`, seq)).to.include({ recovered: true, seq: 3 });
            await say(suite.hub, "customer", id, "four");
            expect(texts(await told(client, "message"))).to.eql(["three", "four"]);
          });

          it("misses nothing that is said while it is listed and joined", async () => {
            const id = await newTicket(suite.hub);
            const client = await enter("customer");
            await client.next("connected");
            const said: Promise<unknown>[] = [];
            for (let i = 0; i < 10; i++) said.push(say(suite.hub, i % 2 ? "admin" : "customer", id, `early ${i}`));
            const listing = list(id);
            for (let i = 0; i < 10; i++) said.push(say(suite.hub, i % 2 ? "admin" : "customer", id, `late ${i}`));
            const { items, seq } = await listing;
            await join(client, `support:${id}`, seq);
            await Promise.all(said);
            const live = (await told(client, "message")).map(({ message }) => (message as Payload).id);
            const known = new Set([...items.map((item) => item.id), ...live]);
            expect(new Set(live).size).to.equal(live.length);
            expect([...known]).to.eql((await list(id)).items.map((item) => item.id));
          });
        });
      });
    }
  },
  BOOKINGS_DOOR,
);
