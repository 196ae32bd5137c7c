import { expect } from "chai";
import { collectionsOf } from "../../../src/app.ts";
import { ENDED_IN_LOT } from "../../../src/apps/parking/archive.ts";
import { openEnded, openLots } from "../../../src/apps/parking/collections.ts";
import { createParkingService, NAMESPACE, type ParkingService, roomOf } from "../../../src/apps/parking/service.ts";
import { once } from "../../../src/hub/commands.ts";
import type { Store } from "../../../src/store/collection.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { anIdentity } from "../../hub/recording-wire.ts";
import { comingAgain } from "../../support/command.ts";
import { temporaryStore } from "../../support/http-server.ts";

const alice = anIdentity("alice", { role: "customer" });

describe("a command to a parking lot that comes again", () => {
  let store: Store;
  let service: ParkingService;
  let lotId: number;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    const relay: Relay = async (messages) => {
      await store.log.append(messages);
      return {};
    };
    ({ store, remove } = await temporaryStore(relay));
    service = createParkingService({
      lots: await openLots(collectionsOf(store)),
      ended: await openEnded(collectionsOf(store)),
      nextLotId: () => store.next("lots"),
      nextReservationId: () => store.next("reservations"),
    });
    lotId = (await service.addLot("Here", 100, once)).id;
  });
  afterEach(() => remove());

  const spots = async (): Promise<unknown> => (await service.lots(lotId - 1, 1))[0]?.available_spots;
  /** What alice has been told of her reservations. */
  async function told(): Promise<unknown[]> {
    const room = { namespace: NAMESPACE, room: roomOf("reservation", "alice") };
    return (await store.log.read(room, 0, 1_000)).map(({ message }) => message.payload.message);
  }

  it("adds one lot, and says once how many spots are free", async () => {
    const [adding, setting] = [comingAgain(), comingAgain()];
    const lot = await service.addLot("There", 3, adding());
    expect(await service.addLot("There", 3, adding())).to.eql(lot);
    expect(await service.lots(0, 10)).to.have.length(2);
    const set = await service.setSpots(lotId, 50, setting());
    await service.setSpots(lotId, 20, once);
    expect(await service.setSpots(lotId, 50, setting())).to.eql(set);
    expect(await spots()).to.equal(20);
  });

  it("takes one spot and gives it back once, though the reservation has ended since", async () => {
    const [reserving, ending] = [comingAgain(), comingAgain()];
    const reserved = await service.reserve(lotId, alice, reserving());
    expect(await service.reserve(lotId, alice, reserving())).to.eql(reserved);
    expect(await spots()).to.equal(99);
    const ended = await service.setStatus(reserved.id, "completed", alice, ending());
    expect(await service.setStatus(reserved.id, "completed", alice, ending())).to.eql(ended);
    expect(await service.reserve(lotId, alice, reserving())).to.eql(reserved);
    expect(await spots()).to.equal(100);
    expect(await told()).to.eql(["New reservation created", "Reservation completed"]);
  });

  it("is answered as the first time when the reservation that it ended has moved out of its lot", async () => {
    const ids: number[] = [];
    for (let i = 0; i < ENDED_IN_LOT; i++) ids.push((await service.reserve(lotId, alice, once)).id);
    const [last = 0, ...others] = ids.reverse();
    for (const id of others) await service.setStatus(id, "completed", alice, once);
    const ending = comingAgain();
    const ended = await service.setStatus(last, "cancelled", alice, ending());
    expect((await service.lots(lotId - 1, 1))[0]?.reservations).to.eql([]);
    expect(await service.setStatus(last, "cancelled", alice, ending())).to.eql(ended);
    expect(await spots()).to.equal(100);
    expect(await told()).to.have.length(2 * ENDED_IN_LOT);
  });
});
