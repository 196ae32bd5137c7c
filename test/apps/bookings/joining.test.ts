import { expect } from "chai";
import { createBroadcasts } from "../../../src/apps/bookings/broadcasts.ts";
import { bookingsChannel } from "../../../src/apps/bookings/channel.ts";
import { openBookings, openTicketMessages, openTickets } from "../../../src/apps/bookings/collections.ts";
import { bookingRoutes } from "../../../src/apps/bookings/routes.ts";
import { createBookingsService } from "../../../src/apps/bookings/service.ts";
import { createSupportService } from "../../../src/apps/bookings/support.ts";
import { defineApp } from "../../../src/index.ts";
import { BOOKINGS_DOOR, bookingsAt, changeBooking, newBooking, soFar, told } from "../../conformance/bookings-data.ts";
import { DOORS, plainDoor } from "../../support/client.ts";
import { withHub } from "../../support/suite.ts";

/** Runs after a join has looked the booking up and before it goes on; undefined: nothing happens in between. */
let meanwhile: ((bookingId: string) => Promise<void>) | undefined;
let lookups = 0;

/** The bookings app, in which time can be stopped at the worst moments of a join. */
const stoppable = defineApp("bookings", async ({ collection, channel, routes, clock, snapshot, evict }) => {
  const broadcasts = createBroadcasts(clock);
  const documents = await openBookings(collection);
  const bookings = createBookingsService({ bookings: documents, broadcasts, clock, evict });
  const tickets = await openTickets(collection);
  const messages = await openTicketMessages(collection);
  const support = createSupportService({ tickets, messages, broadcasts, snapshot, clock });
  const stopped: typeof bookings = {
    ...bookings,
    async find(id, identity) {
      const found = await bookings.find(id, identity);
      lookups++;
      await meanwhile?.(id);
      return found;
    },
  };
  bookingsChannel(channel, { bookings: stopped, support, clock });
  routes(bookingRoutes(bookings, support));
});

describe("joining the room of a booking", () => {
  withHub(
    (suite) => {
      beforeEach(() => {
        meanwhile = undefined;
        lookups = 0;
      });

      for (const door of DOORS) {
        for (const [moment, lookup] of [
          ["before it is in the room", 1],
          ["when it already is", 2],
        ] as const) {
          it(`fails for a technician who is unassigned ${moment}, through ${door.name}`, async () => {
            const id = await newBooking(suite.hub);
            await changeBooking(suite.hub, "admin", id, { status: "en_route" });
            const room = `booking:${id}`;
            const technician = await suite.connect(door, bookingsAt(await suite.hub.token("technician")));
            await technician.next("connected");
            meanwhile = async () => {
              if (lookups === lookup) await changeBooking(suite.hub, "admin", id, { technicianId: null });
            };
            technician.send("join", { room, since: 0 });
            expect(await technician.next("error")).to.include({ room });
            await changeBooking(suite.hub, "admin", id, { status: "completed" });
            const types = new Set((await soFar(technician)).map(([type]) => type));
            expect([...types]).to.eql(["connected", "error"]);
          });
        }
      }

      it("lets who is refused hear nothing, not even while it is decided", async () => {
        const id = await newBooking(suite.hub);
        const stranger = await suite.connect(plainDoor, bookingsAt(await suite.hub.token("secondCustomer")));
        meanwhile = async () => {
          await changeBooking(suite.hub, "admin", id, { status: "en_route" });
        };
        stranger.send("join", { room: `booking:${id}` });
        await stranger.next("error");
        expect((await soFar(stranger)).map(([type]) => type)).to.eql(["connected", "error"]);
      });

      it("misses nothing that happens in the meantime", async () => {
        const id = await newBooking(suite.hub);
        const technician = await suite.connect(plainDoor, bookingsAt(await suite.hub.token("technician")));
        meanwhile = async () => {
          if (lookups === 2) await changeBooking(suite.hub, "admin", id, { status: "en_route" });
        };
        technician.send("join", { room: `booking:${id}` });
        await technician.next("joined_room");
        expect(await told(technician, "status_update")).to.have.lengthOf(1);
      });
    },
    { file: BOOKINGS_DOOR, apps: [stoppable] },
  );
});
