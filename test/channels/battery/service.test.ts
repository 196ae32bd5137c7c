import { expect } from "chai";
import { notificationCollection, stationCollection } from "../../../src/channels/battery/collections.ts";
import { createInboxes, KEPT } from "../../../src/channels/battery/inboxes.ts";
import { type BatteryService, createBatteryService } from "../../../src/channels/battery/service.ts";
import { HubError } from "../../../src/hub/errors.ts";
import { ANONYMOUS, type Identity } from "../../../src/hub/identity.ts";
import { temporaryStore } from "../../support/http-server.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const alice: Identity = { ...ANONYMOUS, userId: "alice", role: "customer" };

describe("what a booker is told", () => {
  let service: BatteryService;
  let clock: ManualClock;
  let stationId: number;
  let remove: () => Promise<void>;
  /** Whether the database goes away once a station has changed, as for a worker that dies there. */
  let isGone: boolean;

  beforeEach(async () => {
    const { store, ...temporary } = await temporaryStore();
    remove = temporary.remove;
    isGone = false;
    clock = new ManualClock();
    const notifications = await store.collection(notificationCollection);
    service = createBatteryService({
      stations: await store.collection(stationCollection),
      inboxes: createInboxes({
        ...notifications,
        async insert(...args) {
          if (isGone) throw new HubError("unavailable");
          await notifications.insert(...args);
        },
      }),
      nextStationId: () => store.next("stations"),
      nextBatteryId: () => store.next("batteries"),
      nextBookingId: () => store.next("bookings"),
      clock,
      exposeUser: false,
    });
    stationId = (await service.create("Mill", "online")).id;
    for (let i = 0; i < 3; i++) await service.addBattery(stationId, "A battery");
  });
  afterEach(() => remove());

  const bookOne = async (): Promise<number> => (await service.book(stationId, alice)).battery.booking.id;
  /** What is listed, as `type booking`. */
  const listed = async (): Promise<string[]> =>
    (await service.notifications("alice", 0)).map(({ news }) =>
      news.type === "notification" ? news.title : `${news.type} ${news.booking_id}`,
    );

  it("is listed although it could not be filed when it was told: the booking is made all the same", async () => {
    isGone = true;
    const first = await bookOne();
    await service.markReady(stationId, first);
    const second = await bookOne();
    isGone = false;
    const expected = [`booking_confirmed ${first}`, `booking_ready ${first}`, `booking_confirmed ${second}`];
    expect(await listed()).to.eql(expected);
    expect(await listed()).to.eql(expected);
  });

  it("is filed at the latest before the battery is collected, which waits until it can be", async () => {
    isGone = true;
    const id = await bookOne();
    let refusal: unknown;
    await service.collect(stationId, id, alice).catch((error: unknown) => {
      refusal = error;
    });
    expect(refusal).to.be.instanceOf(HubError).with.property("code", "unavailable");
    expect((await service.get(stationId)).batteries).to.have.lengthOf(3);
    isGone = false;
    await service.collect(stationId, id, alice);
    expect((await service.get(stationId)).batteries).to.have.lengthOf(2);
    expect(await listed()).to.eql([`booking_confirmed ${id}`]);
  });

  it("is not listed anew when it has made room for newer notifications", async () => {
    const id = await bookOne();
    clock.advance(1_000);
    const facts = { message: "A message", level: "info" } as const;
    await Promise.all(Array.from({ length: KEPT }, (_, i) => service.notify("alice", { title: `${i}`, ...facts })));
    expect(await listed()).to.eql(Array.from({ length: KEPT }, (_, i) => `${i}`));
    await service.markReady(stationId, id);
    await service.collect(stationId, id, alice);
    expect((await listed()).slice(-2)).to.eql([`${KEPT - 1}`, `booking_ready ${id}`]);
  });
});
