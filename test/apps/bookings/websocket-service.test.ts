import { expect } from "chai";
import { DEMO_BOOKING_ID, DEMO_TICKET_ID } from "../../../src/apps/bookings/app.ts";
import type { Status } from "../../../src/apps/bookings/statuses.ts";
import { createWebsocketService, type WebsocketService } from "../../../src/apps/bookings/websocket-service.ts";
import { DEMO_USERS } from "../../../src/apps/demo-users.ts";
import { HubError } from "../../../src/hub/errors.ts";
import { BOOKINGS_DOOR, bookingsAt, join, MISSING, told } from "../../conformance/bookings-data.ts";
import { DOORS, plainDoor } from "../../support/client.ts";
import { withHub } from "../../support/suite.ts";

const USER = DEMO_USERS.customer.id;
const TIMESTAMP = "2030-01-01T00:00:00.000Z";

describe("the websocket service of the bookings app", () => {
  withHub(
    (suite) => {
      let service: WebsocketService;
      beforeEach(() => {
        service = createWebsocketService(suite.hub.hub);
      });

      for (const door of DOORS) {
        const enter = async (...rooms: string[]) => {
          const client = await suite.connect(door, bookingsAt(await suite.hub.token("admin")));
          for (const room of rooms) await join(client, room);
          return client;
        };

        it(`broadcasts a status to booking and owner, once to who is in both rooms, through ${door.name}`, async () => {
          const clients = await Promise.all([
            enter(`booking:${DEMO_BOOKING_ID}`),
            enter(`user:${USER}`),
            enter(`booking:${DEMO_BOOKING_ID}`, `user:${USER}`),
          ]);
          await service.broadcastBookingStatus(DEMO_BOOKING_ID, USER, "en_route");
          const update = { bookingId: DEMO_BOOKING_ID, status: "en_route", timestamp: TIMESTAMP };
          for (const client of clients) {
            const updates = await told(client, "status_update");
            expect(updates).to.have.lengthOf(1);
            expect(updates[0]).to.include(update);
          }
        });

        it(`broadcasts a message to the ticket, and no more of it than the document shows, through ${door.name}`, async () => {
          const client = await enter(`support:${DEMO_TICKET_ID}`);
          const message = { id: MISSING, message: "Hello, how can I help?", createdAt: "2024-10-02T19:00:00.000Z" };
          const stored = { ...message, internalNote: "a difficult customer" };
          await service.broadcastSupportMessage(DEMO_TICKET_ID, DEMO_USERS.admin.id, stored);
          const facts = { ticketId: DEMO_TICKET_ID, senderId: DEMO_USERS.admin.id, timestamp: TIMESTAMP };
          const { seq, ...broadcast } = await client.next("message");
          expect(broadcast).to.eql({ ...facts, message });
          expect(seq).to.be.a("number");
        });

        it(`broadcasts a location to the booking, through ${door.name}`, async () => {
          const client = await enter(`booking:${DEMO_BOOKING_ID}`);
          const location = { latitude: 24.7136, longitude: 46.6753 };
          await service.broadcastTechnicianLocation(DEMO_BOOKING_ID, location);
          const update = { bookingId: DEMO_BOOKING_ID, location, timestamp: TIMESTAMP };
          expect(await client.next("location_update")).to.eql(update);
        });
      }

      it("keeps statuses and messages for clients that come back", async () => {
        const client = await suite.connect(plainDoor, bookingsAt(await suite.hub.token("admin")));
        const { seq } = await join(client, `support:${DEMO_TICKET_ID}`, 0);
        client.send("leave", { room: `support:${DEMO_TICKET_ID}` });
        await client.next("left_room");
        const message = { id: MISSING, message: "Are you there?", createdAt: TIMESTAMP };
        await service.broadcastSupportMessage(DEMO_TICKET_ID, USER, message);
        const resumed = await join(client, `support:${DEMO_TICKET_ID}`, seq as number);
        expect(resumed).to.include({ recovered: true, seq: (seq as number) + 1 });
        const [missed] = (await told(client, "message")).slice(-1);
        expect(missed).to.deep.include({ message, seq: resumed.seq });
      });

      it("refuses with invalid_field, and sends nothing of, what could not be a message", async () => {
        const client = await suite.connect(plainDoor, bookingsAt(await suite.hub.token("admin")));
        for (const room of [`booking:${DEMO_BOOKING_ID}`, `user:${USER}`, `support:${DEMO_TICKET_ID}`])
          await join(client, room);
        const before = client.log.length;
        const said = { id: MISSING, message: "Hello", createdAt: TIMESTAMP };
        const wrong = [
          () => service.broadcastBookingStatus("7", USER, "arrived"),
          () => service.broadcastBookingStatus(DEMO_BOOKING_ID, "", "arrived"),
          () => service.broadcastBookingStatus(DEMO_BOOKING_ID, undefined as unknown as string, "arrived"),
          () => service.broadcastBookingStatus(DEMO_BOOKING_ID, USER, "flying" as Status),
          () => service.broadcastSupportMessage("7", USER, said),
          () => service.broadcastSupportMessage(DEMO_TICKET_ID, USER, { ...said, id: "7" }),
          () => service.broadcastSupportMessage(DEMO_TICKET_ID, USER, { ...said, createdAt: "yesterday" }),
          () => service.broadcastSupportMessage(DEMO_TICKET_ID, USER, "Hello" as never),
          () => service.broadcastTechnicianLocation(DEMO_BOOKING_ID, { latitude: 91, longitude: 0 }),
          () => service.broadcastTechnicianLocation(DEMO_BOOKING_ID, { latitude: 0, longitude: Number.NaN }),
        ];
        for (const broadcast of wrong) {
          const refusal = await broadcast().catch((thrown: unknown) => thrown);
          expect(refusal).to.be.instanceOf(HubError).with.property("code", "invalid_field");
        }
        expect(await told(client, "status_update", "message", "location_update")).to.eql([]);
        expect(client.log).to.have.lengthOf(before + 1);
      });
    },
    { file: BOOKINGS_DOOR },
  );
});
