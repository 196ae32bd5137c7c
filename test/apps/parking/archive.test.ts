import { expect } from "chai";
import { collectionsOf } from "../../../src/app.ts";
import { ENDED_IN_LOT } from "../../../src/apps/parking/archive.ts";
import { type LocatedReservation, type Lot, openEnded, openLots } from "../../../src/apps/parking/collections.ts";
import { createParkingService, type ParkingService } from "../../../src/apps/parking/service.ts";
import { hasEnded } from "../../../src/apps/parking/spots.ts";
import { once } from "../../../src/hub/commands.ts";
import { HubError } from "../../../src/hub/errors.ts";
import { ANONYMOUS, type Identity } from "../../../src/hub/identity.ts";
import type { Collection } from "../../../src/store/collection.ts";
import { newLot, PARKING_DOOR, reserve } from "../../conformance/parking-data.ts";
import { temporaryStore } from "../../support/http-server.ts";
import { onBothStores } from "../../support/suite.ts";

const alice: Identity = { ...ANONYMOUS, userId: "alice", role: "customer" };
const bob: Identity = { ...ANONYMOUS, userId: "bob", role: "customer" };
const SPOTS = 1_000;

describe("ended reservations", () => {
  let lots: Collection<Lot, "byId" | "byReservation" | "byUser">;
  let ended: Collection<LocatedReservation, "byUser">;
  let service: ParkingService;
  let lotId: number;
  let remove: () => Promise<void>;
  /** At what the database goes away while reservations are moved. */
  let fails: "insert" | "modify" | undefined;
  let isGone: boolean;

  beforeEach(async () => {
    const temporary = await temporaryStore();
    const { store } = temporary;
    remove = temporary.remove;
    fails = undefined;
    isGone = false;
    lots = await openLots(collectionsOf(store));
    ended = await openEnded(collectionsOf(store));
    service = createParkingService({
      lots: {
        ...lots,
        async modify<R>(...args: Parameters<typeof lots.modify<R>>) {
          if (isGone) throw new HubError("unavailable");
          return lots.modify(...args);
        },
      },
      ended: {
        ...ended,
        async ensure(reservation) {
          if (fails === "insert") throw new HubError("unavailable");
          const ensured = await ended.ensure(reservation);
          isGone = fails === "modify";
          return ensured;
        },
      },
      nextLotId: () => store.next("lots"),
      nextReservationId: () => store.next("reservations"),
    });
    lotId = (await service.addLot("Here", SPOTS, once)).id;
  });
  afterEach(() => remove());

  const make = (count: number): Promise<number[]> =>
    Promise.all(Array.from({ length: count }, async () => (await service.reserve(lotId, alice, once)).id));
  const endOne = (id: number) => service.setStatus(id, "completed", alice, once);
  async function endEach(ids: readonly number[]): Promise<void> {
    for (const id of ids) await endOne(id);
  }
  /** How many ended reservations are in the lot and how many have been moved out of it. */
  async function kept(): Promise<{ inLot: number; moved: number }> {
    const lot = await lots.get(lotId);
    return {
      inLot: lot?.reservations.filter(hasEnded).length ?? 0,
      moved: await ended.count("byUser", { equals: ["alice"] }),
    };
  }
  const listed = async (): Promise<number[]> =>
    (await service.reservations(alice, Number.MAX_SAFE_INTEGER, 1_000)).map(({ id }) => id);
  const newestFirst = (ids: readonly number[]): number[] => [...ids].sort((a, b) => b - a);

  it("stay in their lot while they are few, then all move out of it", async () => {
    const ids = await make(ENDED_IN_LOT + 3);
    await endEach(ids.slice(0, ENDED_IN_LOT - 1));
    expect(await kept()).to.eql({ inLot: ENDED_IN_LOT - 1, moved: 0 });
    await endEach(ids.slice(ENDED_IN_LOT - 1, ENDED_IN_LOT));
    expect(await kept()).to.eql({ inLot: 0, moved: ENDED_IN_LOT });
    const lot = await lots.get(lotId);
    expect(lot?.reservation_ids).to.have.members(ids.slice(ENDED_IN_LOT));
    expect(lot?.available_spots).to.equal(SPOTS - 3);
    expect(await listed()).to.eql(newestFirst(ids));
  });

  it("answer wherever they are kept: the same status again, no other, and to strangers nothing", async () => {
    const ids = await make(ENDED_IN_LOT);
    await endEach(ids);
    const id = ids[0] ?? 0;
    expect(await endOne(id)).to.deep.include({ id, status: "completed", parking_lot_id: lotId });
    const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => "done",
        (error: unknown) => (error as HubError).code,
      );
    expect(await codeOf(service.setStatus(id, "cancelled", alice, once))).to.equal("conflict");
    expect(await codeOf(service.setStatus(id, "active", alice, once))).to.equal("conflict");
    expect(await codeOf(service.setStatus(id, "completed", bob, once))).to.equal("forbidden");
    expect(await service.reservations(bob, Number.MAX_SAFE_INTEGER, 10)).to.eql([]);
    expect((await lots.get(lotId))?.available_spots).to.equal(SPOTS);
  });

  it("do not pile up in the lot when many end at once", async () => {
    const ids = await make(500);
    await Promise.all(ids.map(endOne));
    const { inLot, moved } = await kept();
    expect(inLot).to.be.below(ENDED_IN_LOT);
    expect(inLot + moved).to.equal(500);
    expect(await listed()).to.eql(newestFirst(ids));
  });

  for (const what of ["insert", "modify"] as const) {
    it(`end, and are listed once, also when moving fails at the ${what}; a later move makes up for it`, async () => {
      const ids = await make(ENDED_IN_LOT + 1);
      await endEach(ids.slice(0, ENDED_IN_LOT - 1));
      fails = what;
      const last = ids[ENDED_IN_LOT - 1] ?? 0;
      expect(await endOne(last)).to.include({ id: last, status: "completed" });
      expect(await kept()).to.eql({ inLot: ENDED_IN_LOT, moved: what === "insert" ? 0 : ENDED_IN_LOT });
      expect(await listed()).to.eql(newestFirst(ids));
      fails = undefined;
      isGone = false;
      await endEach(ids.slice(ENDED_IN_LOT));
      expect(await kept()).to.eql({ inLot: 0, moved: ENDED_IN_LOT + 1 });
      expect(await listed()).to.eql(newestFirst(ids));
    });
  }
});

onBothStores(
  "GET /api/reservations",
  (suite) => {
    it("lists the user's own, newest first and a page at a time, those in lots and those moved out", async () => {
      const { hub } = suite;
      const here = await newLot(hub, 100);
      const there = await newLot(hub, 100);
      const ids: number[] = [];
      for (let i = 0; i < ENDED_IN_LOT + 8; i++) ids.push(await reserve(hub, i % 8 === 0 ? there : here));
      await reserve(hub, here, "secondCustomer");
      const cancelled = ids.filter((_, i) => i % 8 !== 0);
      for (const id of cancelled)
        await hub.call("customer", "PATCH", `/api/reservations/${id}`, { status: "cancelled" });

      const expected = ids.reverse().map((id) => ({
        reservation_id: id,
        status: cancelled.includes(id) ? "cancelled" : "active",
        parking_lot_id: cancelled.includes(id) ? here : there,
      }));
      const list = async (query: string): Promise<typeof expected> =>
        (await hub.call("customer", "GET", `/api/reservations?${query}`)).body.items as typeof expected;
      expect(await list("")).to.eql(expected);
      const pages: typeof expected = [];
      for (let page = await list("limit=7"); page.length > 0; ) {
        expect(page.length).to.be.at.most(7);
        pages.push(...page);
        page = await list(`limit=7&before=${page.at(-1)?.reservation_id}`);
      }
      expect(pages).to.eql(expected);
      expect((await hub.call("secondCustomer", "GET", "/api/reservations")).body.items).to.have.length(1);
    });

    it("refuses a page that is none with 400", async () => {
      for (const query of ["limit=0", "limit=1001", "before=0", "before=x"]) {
        expect((await suite.hub.call("customer", "GET", `/api/reservations?${query}`)).status, query).to.equal(400);
      }
    });
  },
  PARKING_DOOR,
);
