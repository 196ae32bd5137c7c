import { expect } from "chai";
import { DEMO_BOOKING_ID, DEMO_TICKET_ID } from "../../src/apps/bookings/app.ts";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import { join, soFar } from "../conformance/bookings-data.ts";
import { parkingAt, wsToken } from "../conformance/parking-data.ts";
import { DOORS, type TestClient } from "../support/client.ts";
import type { DemoUserName, TestHub } from "../support/hub.ts";
import { startWorkers, type Workers } from "./workers.ts";

const BOOKING = `booking:${DEMO_BOOKING_ID}`;

describe("the apps on two workers", () => {
  let workers: Workers;
  let one: TestHub;
  let other: TestHub;
  const clients: TestClient[] = [];

  before(async () => {
    workers = await startWorkers(2);
    [one, other] = workers.all as [TestHub, TestHub];
  });
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
  after(() => workers?.stop());

  /** A client of the user on every door and worker. */
  async function everywhere(user: DemoUserName, on: readonly TestHub[] = workers.all): Promise<TestClient[]> {
    const places = on.flatMap((worker) => DOORS.map((door) => ({ worker, door })));
    const opened = await Promise.all(
      places.map(async ({ worker, door }) => {
        const credential = await worker.token(user);
        return door.connect(worker.url, { path: "/bookings/ws", namespace: "/bookings", credential });
      }),
    );
    clients.push(...opened);
    for (const client of opened) await client.next("connected");
    return opened;
  }

  function publish(channel: string, data: unknown): Promise<unknown> {
    return workers.redis.command("PUBLISH", channel, typeof data === "string" ? data : JSON.stringify(data));
  }

  function received(log: TestClient["log"], type: string) {
    return log.filter(([known]) => known === type).map(([, payload]) => payload);
  }

  it("deliver what another backend publishes about a booking to each member once", async () => {
    const members = await everywhere("customer");
    for (const member of members) await join(member, BOOKING);
    const [stranger] = await everywhere("secondCustomer", [other]);
    const { id: userId } = DEMO_USERS.customer;
    await publish("booking:status", { bookingId: DEMO_BOOKING_ID, userId, status: "en_route" });
    await publish("technician:location", {
      bookingId: DEMO_BOOKING_ID,
      location: { latitude: 24.7, longitude: 46.7 },
    });
    for (const member of members) {
      await member.next("location_update");
      await member.next("status_update");
      const log = await soFar(member);
      const [status] = received(log, "status_update");
      expect(received(log, "status_update")).to.have.length(1);
      expect(status).to.include({ bookingId: DEMO_BOOKING_ID, status: "en_route" });
      expect(received(log, "location_update")).to.have.length(1);
    }
    expect(received(await soFar(stranger!), "status_update")).to.eql([]);
  });

  it("deliver what another backend publishes in a support chat", async () => {
    const members = await everywhere("admin");
    for (const member of members) await join(member, `support:${DEMO_TICKET_ID}`);
    const message = { id: crypto.randomUUID(), message: "Soon", createdAt: "2030-01-01T00:00:00.000Z" };
    await publish("support:message", { ticketId: DEMO_TICKET_ID, senderId: DEMO_USERS.technician.id, message });
    for (const member of members) {
      expect(await member.next("message")).to.deep.include({ ticketId: DEMO_TICKET_ID, message });
      expect(received(await soFar(member), "message")).to.have.length(1);
    }
  });

  it("count what is malformed, tell of it without its content, and go on", async () => {
    const outcomes: string[] = [];
    const end = new Promise<void>((resolve) => {
      other.hub.events.on("ingest", ({ outcome }) => {
        outcomes.push(outcome);
        if (outcome === "delivered") resolve();
      });
    });
    const { id: userId } = DEMO_USERS.customer;
    const status = { bookingId: DEMO_BOOKING_ID, userId, status: "assigned" };
    for (const wrong of [
      "",
      "{",
      "null",
      "[]",
      "\u0000",
      { ...status, status: "private words" },
      { ...status, userId: 7 },
    ]) {
      await publish("booking:status", wrong);
    }
    await publish("technician:location", { bookingId: DEMO_BOOKING_ID, location: { latitude: 91, longitude: 0 } });
    await publish("support:message", { ticketId: DEMO_TICKET_ID, senderId: userId, message: "private words" });
    await publish("booking:status", status);
    await end;
    expect(outcomes).to.eql([...Array(9).fill("malformed"), "delivered"]);
    expect(other.lines.filter((line) => line.includes("malformed publication"))).to.have.length(9);
    expect(other.lines.join("")).to.not.include("private words");
  });

  it("put a technician out of the booking's room on every worker", async () => {
    const technicians = await everywhere("technician");
    for (const technician of technicians) await join(technician, BOOKING);
    const { status } = await one.call("admin", "PATCH", `/api/v2/bookings/${DEMO_BOOKING_ID}`, { technicianId: null });
    expect(status).to.equal(200);
    for (const technician of technicians) {
      expect(await technician.next("error")).to.include({ room: BOOKING });
    }
    const location = { latitude: 24.7, longitude: 46.7 };
    await publish("technician:location", { bookingId: DEMO_BOOKING_ID, location });
    await publish("booking:status", {
      ...{ bookingId: DEMO_BOOKING_ID, userId: DEMO_USERS.technician.id, status: "arrived" },
    });
    for (const technician of technicians) {
      await technician.next("status_update");
      expect(received(await soFar(technician), "location_update")).to.eql([]);
    }
  });

  it("take a ws token of another worker, also while Redis is lost the worker's own", async () => {
    const connect = async (worker: TestHub, token: string): Promise<TestClient> => {
      const client = await DOORS[0]!.connect(worker.url, parkingAt(token, "/parking/ws/notifications/"));
      clients.push(client);
      client.send("subscribe", { notification_types: ["parking_lot"] });
      expect(await client.next("subscribed")).to.eql({ notification_types: ["parking_lot"] });
      return client;
    };
    await connect(other, await wsToken(one));
    await workers.redis.stop();
    await workers.becomes("lost");
    const token = await wsToken(one);
    await connect(one, token);
    await workers.redis.start();
    await workers.becomes("live");
    await connect(other, token);
  });
});
