import { expect } from "chai";
import { onBothStores } from "../support/suite.ts";
import { thrice } from "./repeating.ts";

onBothStores("requests of the vehicles app that come again under one Idempotency-Key", (suite) => {
  it("let a vehicle enter once and leave once", async () => {
    const { hub } = suite;
    const total = async () => (await hub.call("apiKey", "GET", "/api/vehicles")).body.total as number;
    const before = await total();
    const vehicle = { number_plate: "ONCE1", contact_name: "Somebody", phone_number: "0" };
    const entered = await thrice(hub, "apiKey", "POST", "/api/vehicles", vehicle);
    expect(entered.status).to.equal(201);
    expect(await total()).to.equal(before + 1);
    const left = await thrice(hub, "apiKey", "DELETE", `/api/vehicles/${entered.body.id}`);
    expect(left.status).to.equal(204);
    expect(await total()).to.equal(before);
    expect((await hub.call("apiKey", "DELETE", `/api/vehicles/${entered.body.id}`)).status).to.equal(404);
  });
});
