import { expect } from "chai";
import { MAX_SPOTS } from "../../../src/apps/parking/collections.ts";
import { newLot, PARKING_DOOR, reserve } from "../../conformance/parking-data.ts";
import { onBothStores } from "../../support/suite.ts";

const RESERVATIONS = "/api/reservations";
const LOTS = "/api/parking-lots";

onBothStores(
  "the HTTP routes of the parking app",
  (suite) => {
    const lot = async (id: number): Promise<unknown> => {
      const { body } = await suite.hub.call("customer", "GET", `${LOTS}?after=${id - 1}&limit=1`);
      return (body.items as unknown[])[0];
    };
    const spots = async (id: number): Promise<number> =>
      ((await lot(id)) as { available_spots: number }).available_spots;

    it("have two lots in the demo data", async () => {
      const { status, body } = await suite.hub.call("customer", "GET", LOTS);
      expect(status).to.equal(200);
      expect((body.items as unknown[]).slice(0, 2)).to.eql([
        { parking_lot_id: 1, name: "City Hall Parking", available_spots: 50 },
        { parking_lot_id: 2, name: "Airport Parking", available_spots: 120 },
      ]);
    });

    it("list the lots by id, a page at a time", async () => {
      const ids = [await newLot(suite.hub), await newLot(suite.hub), await newLot(suite.hub)];
      const { body } = await suite.hub.call("customer", "GET", `${LOTS}?after=${ids[0]}&limit=1`);
      expect((body.items as { parking_lot_id: number }[]).map((one) => one.parking_lot_id)).to.eql([ids[1]]);
      for (const query of ["limit=0", "limit=1001", "after=-1", "after=x"]) {
        expect((await suite.hub.call("customer", "GET", `${LOTS}?${query}`)).status, query).to.equal(400);
      }
    });

    it("reserve a spot", async () => {
      const id = await newLot(suite.hub, 3);
      const { status, body } = await suite.hub.call("customer", "POST", RESERVATIONS, { parking_lot_id: id });
      expect(status).to.equal(201);
      expect(body).to.have.all.keys("reservation_id", "status", "parking_lot_id");
      expect(body).to.include({ status: "active", parking_lot_id: id });
      expect(body.reservation_id).to.be.a("number");
      expect(await spots(id)).to.equal(2);
    });

    it("answer 409 where no spot is free, and 404 where there is no such lot", async () => {
      const id = await newLot(suite.hub, 0);
      const full = await suite.hub.call("customer", "POST", RESERVATIONS, { parking_lot_id: id });
      expect(full.status).to.equal(409);
      expect(full.body).to.include({ code: "conflict", detail: "No spot is free in this parking lot" });
      const nowhere = await suite.hub.call("customer", "POST", RESERVATIONS, { parking_lot_id: 999 });
      expect(nowhere.status).to.equal(404);
      expect(nowhere.body).to.include({ detail: "Parking lot not found" });
      const unset = await suite.hub.call("operator", "PATCH", `${LOTS}/999`, { available_spots: 1 });
      expect(unset.body).to.include({ status: 404, detail: "Parking lot not found" });
    });

    it("end a reservation once, which gives its spot back once", async () => {
      const lotId = await newLot(suite.hub, 3);
      const id = await reserve(suite.hub, lotId);
      const change = (status: string) => suite.hub.call("customer", "PATCH", `${RESERVATIONS}/${id}`, { status });
      const ended = await change("completed");
      expect(ended.status).to.equal(200);
      expect(ended.body).to.eql({ reservation_id: id, status: "completed", parking_lot_id: lotId });
      expect((await change("completed")).body).to.eql(ended.body);
      for (const status of ["cancelled", "active"]) {
        const refused = await change(status);
        expect(refused.status).to.equal(409);
        expect(refused.body).to.include({ detail: "The reservation is already completed" });
      }
      expect(await spots(lotId)).to.equal(3);
    });

    it("let a reservation be changed by its user, operators and admins, and tell others whether there is one", async () => {
      const id = await reserve(suite.hub, await newLot(suite.hub));
      for (const as of ["secondCustomer", "technician"] as const) {
        const refused = await suite.hub.call(as, "PATCH", `${RESERVATIONS}/${id}`, { status: "cancelled" });
        expect(refused.status, as).to.equal(403);
      }
      const missing = await suite.hub.call("customer", "PATCH", `${RESERVATIONS}/999999`, { status: "cancelled" });
      expect(missing.body).to.include({ status: 404, detail: "Reservation not found" });
      const done = await suite.hub.call("operator", "PATCH", `${RESERVATIONS}/${id}`, { status: "cancelled" });
      expect(done.status).to.equal(200);
    });

    it("are for signed-in users; lots are changed by operators and admins alone", async () => {
      const { hub } = suite;
      for (const [method, path] of [
        ["GET", LOTS],
        ["POST", LOTS],
        ["PATCH", `${LOTS}/1`],
        ["GET", RESERVATIONS],
        ["POST", RESERVATIONS],
        ["PATCH", `${RESERVATIONS}/1`],
      ] as const) {
        expect((await hub.call(undefined, method, path)).status, `${method} ${path}`).to.equal(401);
        expect((await hub.call("apiKey", method, path)).status, `${method} ${path}`).to.equal(401);
      }
      const id = await newLot(hub);
      const lotOf = { name: "Mine", available_spots: 1 };
      for (const as of ["customer", "technician"] as const) {
        expect((await hub.call(as, "POST", LOTS, lotOf)).status).to.equal(403);
        expect((await hub.call(as, "PATCH", `${LOTS}/${id}`, { available_spots: 1 })).status).to.equal(403);
      }
      for (const as of ["operator", "admin"] as const) {
        expect((await hub.call(as, "POST", LOTS, lotOf)).status).to.equal(201);
        const { status, body } = await hub.call(as, "PATCH", `${LOTS}/${id}`, { available_spots: 4 });
        expect(status).to.equal(200);
        expect(body).to.eql({ parking_lot_id: id, name: "A car park", available_spots: 4 });
      }
    });

    it("refuse what is not of the shape with 400, and nothing changes", async () => {
      const { hub } = suite;
      const lotId = await newLot(hub, 5);
      const id = await reserve(hub, lotId);
      const wrong: [string, string, unknown][] = [
        ["POST", RESERVATIONS, {}],
        ["POST", RESERVATIONS, { parking_lot_id: String(lotId) }],
        ["POST", RESERVATIONS, { parking_lot_id: 1.5 }],
        ["POST", RESERVATIONS, { parking_lot_id: { $gt: 0 } }],
        ["PATCH", `${RESERVATIONS}/${id}`, {}],
        ["PATCH", `${RESERVATIONS}/${id}`, { status: "parked" }],
        ["PATCH", `${RESERVATIONS}/x`, { status: "cancelled" }],
        ["PATCH", `${LOTS}/${lotId}`, {}],
        ["PATCH", `${LOTS}/${lotId}`, { available_spots: -1 }],
        ["PATCH", `${LOTS}/${lotId}`, { available_spots: "3" }],
        ["PATCH", `${LOTS}/${lotId}`, { available_spots: 1.5 }],
        ["PATCH", `${LOTS}/${lotId}`, { available_spots: MAX_SPOTS + 1 }],
        ["POST", LOTS, { name: " ", available_spots: 1 }],
        ["POST", LOTS, { name: "x" }],
      ];
      for (const [method, path, body] of wrong) {
        const { status } = await hub.call("operator", method, path, body);
        expect(status, `${method} ${path} ${JSON.stringify(body)}`).to.equal(400);
      }
      expect(await spots(lotId)).to.equal(4);
    });

    it("give one spot to one reservation, however many ask at once", async () => {
      const { hub } = suite;
      const id = await newLot(hub, 7);
      const asked = await Promise.all(
        Array.from({ length: 40 }, () => hub.call("customer", "POST", RESERVATIONS, { parking_lot_id: id })),
      );
      const got = asked.filter(({ status }) => status === 201).map(({ body }) => body.reservation_id as number);
      expect(new Set(got).size).to.equal(7);
      expect(asked.filter(({ status }) => status === 409)).to.have.length(33);
      expect(await spots(id)).to.equal(0);

      const cancel = (one: number) => hub.call("customer", "PATCH", `${RESERVATIONS}/${one}`, { status: "cancelled" });
      await Promise.all([...got, ...got].map(cancel));
      expect(await spots(id)).to.equal(7);
    });

    it("let one of two different endings at once win", async () => {
      const { hub } = suite;
      const lotId = await newLot(hub, 1);
      const id = await reserve(hub, lotId);
      const answers = await Promise.all(
        ["completed", "cancelled"].map((status) => hub.call("customer", "PATCH", `${RESERVATIONS}/${id}`, { status })),
      );
      expect(answers.map(({ status }) => status).sort()).to.eql([200, 409]);
      expect(await spots(lotId)).to.equal(1);
    });
  },
  PARKING_DOOR,
);
