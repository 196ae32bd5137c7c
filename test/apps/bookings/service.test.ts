import { expect } from "chai";
import { collectionsOf } from "../../../src/app.ts";
import { createBroadcasts } from "../../../src/apps/bookings/broadcasts.ts";
import { openBookings } from "../../../src/apps/bookings/collections.ts";
import { type BookingsService, createBookingsService } from "../../../src/apps/bookings/service.ts";
import type { Status } from "../../../src/apps/bookings/statuses.ts";
import { systemClock } from "../../../src/hub/clock.ts";
import { once } from "../../../src/hub/commands.ts";
import { anIdentity } from "../../hub/recording-wire.ts";
import { comingAgain } from "../../support/command.ts";
import { type LoggedStore, loggedStore } from "../../support/logged-store.ts";

const OWNER = anIdentity("00000000-0000-4000-8000-00000000000a");
const TECHNICIAN = anIdentity("00000000-0000-4000-8000-00000000000b");
const ADMIN = { ...anIdentity("00000000-0000-4000-8000-00000000000c"), role: "admin" } as const;

describe("a command of the bookings app that comes again, its answer having been lost", () => {
  let database: LoggedStore;
  let service: BookingsService;
  const evicted: string[] = [];

  before(async () => {
    database = await loggedStore();
    const bookings = await openBookings(collectionsOf(database.store));
    const evict = (_namespace: string, room: string, userId: string): void => void evicted.push(`${userId} ${room}`);
    service = createBookingsService({ bookings, broadcasts: createBroadcasts(systemClock), clock: systemClock, evict });
  });
  after(() => database.remove());

  const moves = (id: string, status: Status) => (command: typeof once) =>
    service.change(id, TECHNICIAN, { status }, command);

  it("has made one booking", async () => {
    const command = comingAgain();
    const make = () => service.create(OWNER, "Plumbing", TECHNICIAN.userId, command());
    const made = await make();
    await moves(made.id, "en_route")(once);
    expect(await make()).to.eql({ ...made, status: "en_route" });
  });

  it("has moved the status once, also where it has moved on since", async () => {
    const { id } = await service.create(OWNER, "Plumbing", TECHNICIAN.userId, once);
    const command = comingAgain();
    const first = await moves(id, "en_route")(command());
    await moves(id, "completed")(once);
    const sent = database.sent.length;
    expect(await moves(id, "en_route")(command())).to.eql(first);
    expect((await service.get(id, OWNER)).status).to.equal("completed");
    expect(database.sent).to.have.lengthOf(sent);
  });

  it("puts the former technician out where its worker may not have come to it", async () => {
    const { id } = await service.create(OWNER, "Plumbing", TECHNICIAN.userId, once);
    const command = comingAgain();
    const unassign = () => service.change(id, ADMIN, { technicianId: null }, command());
    const [first, again] = [await unassign(), await unassign()];
    expect(again).to.eql(first);
    expect(evicted.filter((each) => each.endsWith(id))).to.eql(Array(2).fill(`${TECHNICIAN.userId} booking:${id}`));
  });

  it("has reported a location once, also where the work is over by now", async () => {
    const { id } = await service.create(OWNER, "Plumbing", TECHNICIAN.userId, once);
    const command = comingAgain();
    const report = () => service.report(id, TECHNICIAN, { latitude: 1, longitude: 2 }, command());
    const first = await report();
    expect(first).to.deep.include({ bookingId: id, location: { latitude: 1, longitude: 2 } });
    await moves(id, "completed")(once);
    expect(await report()).to.eql(first);
    expect((await service.get(id, OWNER)).lastLocation).to.equal(null);
  });
});
