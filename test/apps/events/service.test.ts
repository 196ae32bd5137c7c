import { expect } from "chai";
import { collectionsOf } from "../../../src/app.ts";
import { openEvents } from "../../../src/apps/events/collections.ts";
import { createEventsService, type EventsService } from "../../../src/apps/events/service.ts";
import { createSnapshot } from "../../../src/delivery/snapshot.ts";
import { systemClock } from "../../../src/hub/clock.ts";
import { once } from "../../../src/hub/commands.ts";
import { anIdentity } from "../../hub/recording-wire.ts";
import { comingAgain } from "../../support/command.ts";
import { type LoggedStore, loggedStore } from "../../support/logged-store.ts";

const ANN = anIdentity("ann");
const EVENT = { name: "An evening", seatCapacity: 10, visibility: "public", allowedUserIds: [] } as const;

describe("a command of the events app that comes again, its answer having been lost", () => {
  let database: LoggedStore;
  let service: EventsService;

  before(async () => {
    database = await loggedStore();
    const { store } = database;
    const events = await openEvents(collectionsOf(store));
    const nextId = () => store.next("events");
    service = createEventsService({ events, nextId, snapshot: createSnapshot(store.log), clock: systemClock });
  });
  after(() => database.remove());

  /** What `act` comes to both times, which must be the same, and the messages that it has caused. */
  async function twice<R>(act: (command: typeof once) => Promise<R>, meanwhile = async () => {}) {
    const command = comingAgain();
    const first = await act(command());
    const sent = database.sent.length;
    await meanwhile();
    const since = database.sent.length;
    expect(await act(command())).to.eql(first);
    expect(database.sent).to.have.lengthOf(since);
    return { first, sent };
  }

  it("has made one event", async () => {
    const { first } = await twice((command) => service.create({ ...EVENT, allowedUserIds: [] }, command));
    expect((await service.list(ANN, first.id - 1, 10)).map(({ id }) => id)).to.eql([first.id]);
  });

  it("has booked once, and does not book again when there are no seats left", async () => {
    const { id } = await service.create({ ...EVENT, allowedUserIds: [] }, once);
    const book = (seats: number) => (command: typeof once) => service.book(id, ANN, seats, command);
    const { first } = await twice(book(4), async () => void (await book(6)(once)));
    expect(first).to.eql({ eventId: id, bookingId: 1, availableSeats: 6, seatCapacity: 10 });
    expect(database.sent.slice(-4).map(({ type }) => type)).to.eql([
      "booking_created",
      "seat_update",
      "booking_created",
      "seat_update",
    ]);
  });

  it("has given the seats back once", async () => {
    const { id } = await service.create({ ...EVENT, allowedUserIds: [] }, once);
    const { bookingId } = await service.book(id, ANN, 4, once);
    const { first } = await twice((command) => service.cancel(id, bookingId, ANN, command));
    expect(first).to.eql({ eventId: id, bookingId, availableSeats: 10, seatCapacity: 10 });
  });

  it("has changed the number of seats once, and does not undo what was done since", async () => {
    const { id } = await service.create({ ...EVENT, allowedUserIds: [] }, once);
    await twice(
      (command) => service.resize(id, 20, command),
      async () => void (await service.resize(id, 30, once)),
    );
    expect((await service.list(ANN, id - 1, 1))[0]).to.include({ seatCapacity: 30 });
  });
});
