import { expect } from "chai";
import { collectionsOf } from "../../../src/app.ts";
import { openStations } from "../../../src/apps/battery/collections.ts";
import { createNotifications } from "../../../src/apps/battery/notifications.ts";
import { ALL_STATIONS, NOTIFICATIONS, STATIONS, stationRoom, userRoom } from "../../../src/apps/battery/rooms.ts";
import { type BatteryService, createBatteryService } from "../../../src/apps/battery/service.ts";
import { createSnapshot } from "../../../src/delivery/snapshot.ts";
import { once } from "../../../src/hub/commands.ts";
import { HubError } from "../../../src/hub/errors.ts";
import type { Store } from "../../../src/store/collection.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { anIdentity } from "../../hub/recording-wire.ts";
import { comingAgain } from "../../support/command.ts";
import { temporaryStore } from "../../support/http-server.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const alice = anIdentity("alice", { role: "customer" });
const bob = anIdentity("bob", { role: "customer" });

describe("a command to a station that comes again", () => {
  let store: Store;
  let service: BatteryService;
  let stationId: number;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    const relay: Relay = async (messages) => {
      const logged = messages.filter(({ message }) => message.delivery === "log");
      if (logged.length > 0) await store.log.append(logged);
      return {};
    };
    ({ store, remove } = await temporaryStore(relay));
    const clock = new ManualClock();
    service = createBatteryService({
      stations: await openStations(collectionsOf(store)),
      notifications: createNotifications({ history: store.log, publish: async () => [], clock }),
      snapshot: createSnapshot(store.log),
      nextStationId: () => store.next("stations"),
      nextBatteryId: () => store.next("batteries"),
      nextBookingId: () => store.next("bookings"),
      clock,
      exposeUser: false,
    });
    stationId = (await service.create("Mill", "online", once)).id;
    for (let i = 0; i < 3; i++) await service.addBattery(stationId, "A battery", once);
  });
  afterEach(() => remove());

  /** The types of what has been sent to a room since it was at `after`. */
  async function told(namespace: string, room: string, after = 0): Promise<string[]> {
    return (await store.log.read({ namespace, room }, after, 1_000)).map(({ message }) => message.type);
  }
  const toldAt = (id: number, after = 0): Promise<string[]> => told(STATIONS, stationRoom(id), after);

  it("creates one station, and is answered as the first time", async () => {
    const coming = comingAgain();
    const first = await service.create("Harbour", "offline", coming());
    expect(await service.create("Harbour", "offline", coming())).to.eql(first);
    expect((await service.list(0, 10)).map(({ name }) => name)).to.eql(["Mill", "Harbour"]);
  });

  it("adds one battery, and says once what the status is", async () => {
    const [adding, saying] = [comingAgain(), comingAgain()];
    const added = await service.addBattery(stationId, "Another", adding());
    await service.addBattery(stationId, "A third", once);
    expect(await service.addBattery(stationId, "Another", adding())).to.eql(added);
    const said = await service.setStatus(stationId, "online", "Here we are", saying());
    await service.setStatus(stationId, "offline", undefined, once);
    expect(await service.setStatus(stationId, "online", "Here we are", saying())).to.eql(said);
    expect(await service.get(stationId)).to.include({ status: "offline" });
    expect((await service.get(stationId)).batteries).to.have.length(5);
    const expected = ["battery_added", "battery_added", "station_status", "station_status"];
    expect(await toldAt(stationId, 3)).to.eql(expected);
    expect(await told(STATIONS, ALL_STATIONS, 3)).to.eql(expected);
  });

  it("books one battery, also when that has been collected since", async () => {
    const booking = comingAgain();
    const first = await service.book(stationId, alice, booking());
    expect(await service.book(stationId, alice, booking())).to.eql(first);
    await service.collect(stationId, first.battery.booking.id, alice, once);
    expect(await service.book(stationId, alice, booking())).to.eql(first);
    expect((await service.get(stationId)).batteries.map(({ booking }) => booking)).to.eql([null, null]);
    expect(await toldAt(stationId, 3)).to.eql(["battery_booked", "battery_collected"]);
    expect(await told(NOTIFICATIONS, userRoom("alice"))).to.eql(["booking_confirmed"]);
  });

  it("makes a battery ready and collects it once, though the booking is gone then", async () => {
    const { booking } = (await service.book(stationId, alice, once)).battery;
    const [readying, collecting] = [comingAgain(), comingAgain()];
    const ready = await service.markReady(stationId, booking.id, readying());
    const collected = await service.collect(stationId, booking.id, alice, collecting());
    expect(await service.markReady(stationId, booking.id, readying())).to.eql(ready);
    expect(await service.collect(stationId, booking.id, alice, collecting())).to.eql(collected);
    expect((await service.get(stationId)).batteries).to.have.length(2);
    expect(await told(NOTIFICATIONS, userRoom("alice"))).to.eql(["booking_confirmed", "booking_ready"]);
    const refusal = await service.collect(stationId, booking.id, alice, once).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(HubError).with.property("code", "not_found");
  });

  it("books another battery for whoever comes with a command of their own", async () => {
    const first = await service.book(stationId, alice, comingAgain()());
    const second = await service.book(stationId, bob, comingAgain()());
    expect(second.battery.id).not.to.equal(first.battery.id);
    expect(await toldAt(stationId, 3)).to.eql(["battery_booked", "battery_booked"]);
  });
});
