import { expect } from "chai";
import { createNotifications, KEPT } from "../../../src/apps/battery/notifications.ts";
import { NOTIFICATIONS, userRoom } from "../../../src/apps/battery/rooms.ts";
import { DEMO_USERS } from "../../../src/apps/demo-users.ts";
import { HubError } from "../../../src/hub/errors.ts";
import type { Message } from "../../../src/hub/message.ts";
import { BATTERY_DOOR, book, finish, listed, newStation } from "../../conformance/battery-data.ts";
import type { Payload } from "../../support/client.ts";
import { comingAgain } from "../../support/command.ts";
import { temporaryStore } from "../../support/http-server.ts";
import type { DemoUserName } from "../../support/hub.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { onBothStores } from "../../support/suite.ts";

function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** A notification of a user's as it goes to the log. */
function newsFor(userId: string, title: string): Message {
  const payload = { title, message: "A message", level: "info", timestamp: "2030-01-01T00:00:00.000Z" };
  const facts = { namespace: NOTIFICATIONS, rooms: [userRoom(userId)], type: "notification" };
  return { ...facts, payload, delivery: "log", key: undefined };
}

onBothStores(
  "the notifications of a user",
  (suite) => {
    const notify = async (as: DemoUserName, title: string, headers?: Record<string, string>): Promise<Payload> => {
      const body = { user_id: DEMO_USERS[as].id, title, message: "A message" };
      const answer = await suite.hub.call("operator", "POST", "/api/notifications", body, headers);
      expect(answer.status).to.equal(201);
      return answer.body;
    };
    /** Where the listing says that the user's notifications stand. */
    const standsAt = async (as: DemoUserName, afterSeq = 0): Promise<unknown> =>
      (await suite.hub.call(as, "GET", `/api/notifications?after_seq=${afterSeq}`)).body.seq;
    const titles = async (as: DemoUserName, afterSeq = 0): Promise<unknown[]> =>
      (await listed(suite.hub, as, afterSeq)).map(({ title }) => title);

    it("are numbered from 1, each user's apart, and listed after any number", async () => {
      expect(await standsAt("technician")).to.equal(0);
      for (const title of ["a", "b", "c"]) await notify("technician", title);
      expect((await notify("admin", "a")).seq).to.equal(1);
      expect(await titles("technician")).to.eql(["a", "b", "c"]);
      expect((await listed(suite.hub, "technician", 1)).map(({ seq }) => seq)).to.eql([2, 3]);
      expect(await titles("technician", 3)).to.eql([]);
      for (const after of [0, 2, 3, 7]) expect(await standsAt("technician", after)).to.equal(3);
      expect(await listed(suite.hub, "operator")).to.eql([]);
    });

    it("have no gap in their numbers when many are said at once, and each is answered as it is listed", async function () {
      this.timeout(60_000);
      const after = await standsAt("operator");
      const said = await Promise.all(numbers(100).map((n) => notify("operator", String(n))));
      const all = await listed(suite.hub, "operator", after as number);
      expect(all.map(({ seq }) => seq)).to.eql(numbers(100, (after as number) + 1));
      expect(all).to.have.deep.members(said);
    });

    it("are said once under one Idempotency-Key, and answered as the first time", async () => {
      const [key, other] = [{ "Idempotency-Key": "a key" }, { "Idempotency-Key": "another" }];
      const first = await notify("technician", "Once", key);
      expect(await notify("technician", "Once", key)).to.eql(first);
      const second = await notify("technician", "Once", other);
      expect(await listed(suite.hub, "technician", (first.seq as number) - 1)).to.eql([first, second]);
    });

    it("stay when the battery that they are about has left its station", async () => {
      const after = (await standsAt("customer")) as number;
      const id = await newStation(suite.hub, 1);
      const { booking_id } = await book(suite.hub, id);
      for (const step of ["ready", "collect"]) await finish(suite.hub, "operator", id, booking_id, step);
      const news = await listed(suite.hub, "customer", after);
      expect(news.map(({ type, booking_id }) => [type, booking_id])).to.eql([
        ["booking_confirmed", booking_id],
        ["booking_ready", booking_id],
      ]);
    });

    it("are also what an admin publishes to the user's clients", async () => {
      const after = (await standsAt("customer")) as number;
      const data = { title: "By hand", message: "A message", level: "error", timestamp: "2030-01-01T00:00:00.000Z" };
      const room = userRoom(DEMO_USERS.customer.id);
      const body = { app: "battery", room, type: "notification", data };
      expect((await suite.hub.call("admin", "POST", "/api/publish", body)).status).to.equal(200);
      expect(await listed(suite.hub, "customer", after)).to.eql([{ type: "notification", ...data, seq: after + 1 }]);
    });

    it(`are listed to the last ${KEPT}, and kept so far however old they are`, async function () {
      this.timeout(60_000);
      const { log } = suite.hub.store;
      const userId = DEMO_USERS.secondCustomer.id;
      const name = { namespace: NOTIFICATIONS, room: userRoom(userId) };
      const entries = numbers(KEPT + 5).map((n) => ({ id: `n ${n}`, message: newsFor(userId, String(n)) }));
      await log.append(entries.slice(0, -1));
      // MongoDB keeps everything for some minutes.
      suite.hub.clock.advance(10 * 60_000);
      await log.append(entries.slice(-1));
      const expected = numbers(KEPT, 6);
      const seqs = async () => (await listed(suite.hub, "secondCustomer")).map(({ seq }) => seq);
      expect(await seqs()).to.eql(expected);

      const keep = suite.hub.channels.find(({ namespace }) => namespace === NOTIFICATIONS)?.retention;
      expect(keep).to.include({ messages: KEPT });
      expect(keep?.hours).to.be.at.least(10 * 365 * 24);
      const everything = { messages: Number.MAX_SAFE_INTEGER, ms: Number.MAX_SAFE_INTEGER };
      await log.trim((namespace) => (namespace === NOTIFICATIONS ? { ...everything, messages: KEPT } : everything));
      expect((await log.read(name, 0, 1))[0]?.offset).to.equal(6);
      expect(await seqs()).to.eql(expected);
      expect(await titles("secondCustomer", KEPT + 4)).to.eql([String(KEPT + 5)]);
    });
  },
  BATTERY_DOOR,
);

describe("a notification that is said by a command which comes again", () => {
  it("is the one that was sent first, and has to wait for its number where it has none yet", async () => {
    const { store, remove } = await temporaryStore();
    try {
      const clock = new ManualClock();
      const published: Message[] = [];
      let isStuck = true;
      const { notify, list } = createNotifications({
        history: store.log,
        clock,
        async publish(message) {
          published.push(message);
          const appended = isStuck ? [] : await store.log.append([{ id: message.id!, message: published[0]! }]);
          return appended[0] ?? [];
        },
      });
      const coming = comingAgain();
      const facts = { title: "Late", message: "A message", level: "info" } as const;
      const refusal = await notify("alice", facts, coming()).catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(HubError).with.property("code", "unavailable");

      const timestamp = new Date(clock.now()).toISOString();
      clock.advance(1_000);
      isStuck = false;
      expect(await notify("alice", facts, coming())).to.eql({ type: "notification", ...facts, timestamp, seq: 1 });
      expect(new Set(published.map(({ id }) => id)).size).to.equal(1);
      expect((await list("alice", 0)).items).to.have.length(1);
    } finally {
      await remove();
    }
  });
});
