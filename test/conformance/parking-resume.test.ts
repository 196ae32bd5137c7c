import { expect } from "chai";
import { NAMESPACE } from "../../src/apps/parking/service.ts";
import type { Door, Payload, TestClient } from "../support/client.ts";
import { DOORS, plainDoor } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { newLot, PARKING_DOOR, parkingAt, placed, reserve, wsToken } from "./parking-data.ts";

const RESERVATION = ["reservation"];
const LOT = ["parking_lot"];
const BOTH = ["reservation", "parking_lot"];

function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + 1 + i);
}

/** The places of the notifications of one type. */
function places(told: readonly Payload[], type: string): unknown[] {
  return told.flatMap(({ notification_type, seq }) => (notification_type === type ? [seq] : []));
}

onBothStores(
  "who comes back to the parking app",
  (suite) => {
    const connect = async (door: Door): Promise<TestClient> =>
      suite.connect(door, parkingAt(await wsToken(suite.hub, "customer")));
    const subscribe = async (client: TestClient, notification_types: string[], since?: unknown): Promise<Payload> => {
      client.send("subscribe", { notification_types, ...(since !== undefined && { since }) });
      return client.next("subscribed");
    };
    /** Where the two rooms of the customer stand. */
    const standsAt = async (): Promise<{ reservation: number; parking_lot: number }> => {
      const { seq } = await subscribe(await connect(plainDoor), BOTH, Number.MAX_SAFE_INTEGER);
      return seq as { reservation: number; parking_lot: number };
    };

    for (const door of suite.doors) {
      describe(`through ${door.name}`, () => {
        it("is given exactly what was missed of one type, then what comes", async () => {
          const lotId = await newLot(suite.hub);
          const { reservation: since } = await standsAt();
          const ids = [await reserve(suite.hub, lotId), await reserve(suite.hub, lotId)];
          const client = await connect(door);
          expect(await subscribe(client, RESERVATION, since)).to.eql({
            notification_types: RESERVATION,
            recovered: true,
            seq: since + 2,
          });
          ids.push(await reserve(suite.hub, lotId));
          const told = await placed(client);
          expect(told.map(({ data }) => (data as Payload).reservation_id)).to.eql(ids);
          expect(told.map(({ seq }) => seq)).to.eql(numbers(since, since + 3));
          expect(client.log[0]?.[0]).to.equal("subscribed");
        });

        it("is confirmed both types at once, by type, before anything of either", async () => {
          const lotId = await newLot(suite.hub);
          const since = await standsAt();
          for (let i = 0; i < 3; i++) await reserve(suite.hub, lotId);
          const client = await connect(door);
          const asked = { reservation: since.reservation + 1, parking_lot: since.parking_lot };
          const seq = { reservation: since.reservation + 3, parking_lot: since.parking_lot + 3 };
          expect(await subscribe(client, BOTH, asked)).to.eql({ notification_types: BOTH, recovered: true, seq });
          await reserve(suite.hub, lotId);
          const told = await placed(client);
          expect(client.log.findIndex(([type]) => type === "subscribed")).to.equal(0);
          for (const type of ["reservation", "parking_lot"] as const) {
            expect(places(told, type)).to.eql(numbers(asked[type], seq[type] + 1));
          }
        });

        it("may say one place for all types, or none for some of them", async () => {
          const lotId = await newLot(suite.hub);
          await reserve(suite.hub, lotId);
          const newest = await standsAt();
          const all = await connect(door);
          expect(await subscribe(all, BOTH, 0)).to.deep.include({ recovered: true, seq: newest });
          const some = await connect(door);
          expect(await subscribe(some, BOTH, { reservation: 0 })).to.eql({
            notification_types: BOTH,
            recovered: true,
            seq: { reservation: newest.reservation },
          });
          await reserve(suite.hub, lotId);
          const [toldAll, toldSome] = [await placed(all), await placed(some)];
          for (const told of [toldAll, toldSome]) {
            expect(places(told, "reservation")).to.eql(numbers(0, newest.reservation + 1));
          }
          expect(places(toldAll, "parking_lot")).to.eql(numbers(0, newest.parking_lot + 1));
          expect(places(toldSome, "parking_lot")).to.eql([newest.parking_lot + 1]);
        });

        it("is told so where not everything that was missed is known, and given what is", async () => {
          const lotId = await newLot(suite.hub);
          await reserve(suite.hub, lotId);
          const newest = await standsAt();
          const client = await connect(door);
          const since = { reservation: newest.reservation - 1, parking_lot: newest.parking_lot + 5 };
          expect(await subscribe(client, BOTH, since)).to.deep.include({ recovered: false, seq: newest });
          await reserve(suite.hub, lotId);
          const told = await placed(client);
          expect(places(told, "reservation")).to.eql([newest.reservation, newest.reservation + 1]);
          expect(places(told, "parking_lot")).to.eql([newest.parking_lot + 1]);
        });

        it("hears nothing of resuming where it did not ask, nor of a type that it does not subscribe to", async () => {
          const client = await connect(door);
          expect(await subscribe(client, BOTH)).to.eql({ notification_types: BOTH });
          expect(await subscribe(client, LOT, { reservation: 0 })).to.eql({ notification_types: LOT });
          expect(await subscribe(client, [], 0)).to.eql({ notification_types: [] });
          expect(await placed(client)).to.eql([]);
        });

        it("is told what is wrong with places that are none, and what was subscribed to stays", async () => {
          const client = await connect(door);
          await subscribe(client, RESERVATION);
          for (const since of ["1", -1, 1.5, null, [1], { weather: 1 }, { reservation: "1" }]) {
            client.send("subscribe", { notification_types: LOT, since });
            expect((await client.next("error")).message, JSON.stringify(since)).to.match(/^Invalid since/);
          }
          await reserve(suite.hub, await newLot(suite.hub));
          expect((await placed(client)).map((one) => one.notification_type)).to.eql(RESERVATION);
        });
      });
    }

    it("misses nothing and gets nothing twice while more is going on, however often it subscribes", async function () {
      this.timeout(60_000);
      const lotId = await newLot(suite.hub, 100);
      const start = await standsAt();
      const clients = await Promise.all(
        [0, 1, 2, 3].map(async (i) => {
          const client = await connect(DOORS[i % DOORS.length]!);
          await subscribe(client, BOTH);
          return client;
        }),
      );
      let isDone = false;
      const reserving = Promise.all(numbers(0, 40).map(() => reserve(suite.hub, lotId))).then(() => {
        isDone = true;
      });
      const again = async (client: TestClient): Promise<void> => {
        while (!isDone) await subscribe(client, BOTH);
      };
      const [late] = await Promise.all([
        connect(plainDoor).then(async (client) => {
          await subscribe(client, BOTH, start);
          return client;
        }),
        ...clients.map(again),
        reserving,
      ]);
      for (const client of [...clients, late]) {
        const told = await placed(client);
        expect(places(told, "reservation")).to.eql(numbers(start.reservation, start.reservation + 40));
        expect(places(told, "parking_lot")).to.eql(numbers(start.parking_lot, start.parking_lot + 40));
      }
    });

    // After the others, which want the whole log.
    describe("in the end", () => {
      it("is told so when what was missed is no longer kept", async () => {
        const lotId = await newLot(suite.hub);
        for (let i = 0; i < 3; i++) await reserve(suite.hub, lotId);
        // MongoDB keeps everything for some minutes.
        suite.hub.clock.advance(10 * 60_000);
        await reserve(suite.hub, lotId);
        const newest = await standsAt();
        await suite.hub.store.log.trim((namespace) => ({
          messages: namespace === NAMESPACE ? 2 : 1_000,
          ms: Number.MAX_SAFE_INTEGER,
        }));
        for (const door of DOORS) {
          for (const [behind, recovered] of [
            [3, false],
            [2, true],
          ] as const) {
            const client = await connect(door);
            const since = newest.reservation - behind;
            const seq = newest.reservation;
            expect(await subscribe(client, RESERVATION, since)).to.include({ recovered, seq });
            expect(places(await placed(client), "reservation")).to.eql(recovered ? numbers(since, seq) : []);
          }
        }
      });
    });
  },
  PARKING_DOOR,
);

onBothStores(
  "a request to the parking app that comes again under its Idempotency-Key",
  (suite) => {
    it("changes a lot once, and is told once", async () => {
      let keys = 0;
      const thrice = async (as: "customer" | "operator", method: string, path: string, body: unknown) => {
        const key = `parking ${++keys}`;
        const call = () => suite.hub.call(as, method, path, body, { "Idempotency-Key": key });
        const answers = [...(await Promise.all([call(), call()])), await call()];
        for (const answer of answers) expect(answer.body).to.eql(answers[0]?.body);
        return answers[0]!.body;
      };
      const client = await suite.connect(plainDoor, parkingAt(await wsToken(suite.hub)));
      client.send("subscribe", { notification_types: BOTH });
      await client.next("subscribed");
      const lot = await thrice("operator", "POST", "/api/parking-lots", { name: "Once", available_spots: 5 });
      const parking_lot_id = lot.parking_lot_id as number;
      const spots = await thrice("operator", "PATCH", `/api/parking-lots/${parking_lot_id}`, { available_spots: 7 });
      expect(spots).to.include({ available_spots: 7 });
      const { reservation_id } = await thrice("customer", "POST", "/api/reservations", { parking_lot_id });
      const ended = await thrice("customer", "PATCH", `/api/reservations/${reservation_id}`, { status: "completed" });
      expect(ended).to.eql({ reservation_id, status: "completed", parking_lot_id });
      const told = await placed(client);
      const left = told.flatMap(({ data }) => (data as Payload).available_spots ?? []);
      expect(left).to.eql([5, 7, 6, 7]);
      const statuses = told.flatMap(({ data }) => (data as Payload).status ?? []);
      expect(statuses).to.eql(["active", "completed"]);
    });
  },
  PARKING_DOOR,
);
