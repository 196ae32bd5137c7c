import { expect } from "chai";
import { collectionsOf } from "../../../src/app.ts";
import { openVehicles } from "../../../src/apps/vehicles/collections.ts";
import { createVehiclesService, type VehiclesService } from "../../../src/apps/vehicles/service.ts";
import { systemClock } from "../../../src/hub/clock.ts";
import { once } from "../../../src/hub/commands.ts";
import { HubError } from "../../../src/hub/errors.ts";
import { comingAgain } from "../../support/command.ts";
import { type LoggedStore, loggedStore } from "../../support/logged-store.ts";

const ENTRY = { number_plate: "ABC123", contact_name: "John Doe", phone_number: "0" };

describe("a command of the vehicles app that comes again, its answer having been lost", () => {
  let database: LoggedStore;
  let service: VehiclesService;

  before(async () => {
    database = await loggedStore();
    const vehicles = await openVehicles(collectionsOf(database.store));
    const nextId = () => database.store.next("vehicles");
    service = createVehiclesService({ vehicles, nextId, clock: systemClock });
  });
  after(() => database.remove());

  it("has let one vehicle in", async () => {
    const command = comingAgain();
    const [first, again] = [await service.enter(ENTRY, command()), await service.enter(ENTRY, command())];
    expect(again).to.eql(first);
    expect((await service.search("ABC123")).items).to.eql([first]);
  });

  it("has let it out, and is not told that there never was one", async () => {
    const { id } = await service.enter({ ...ENTRY, number_plate: "XYZ1" }, once);
    const command = comingAgain();
    await service.leave(id, command());
    await service.leave(id, command());
    expect(await service.search("XYZ1")).to.eql({ items: [], total: 0 });
    const refusal = await service.leave(id, once).catch((thrown: unknown) => thrown);
    expect(refusal).to.be.instanceOf(HubError).and.include({ code: "not_found" });
  });
});
