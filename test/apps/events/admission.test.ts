import { expect } from "chai";
import { eventChannels } from "../../../src/apps/events/channel.ts";
import { eventCollection } from "../../../src/apps/events/collections.ts";
import { createEventsService } from "../../../src/apps/events/service.ts";
import { createSnapshot } from "../../../src/delivery/snapshot.ts";
import { HubError } from "../../../src/hub/errors.ts";
import { localLimits } from "../../../src/hub/limits.ts";
import { anIdentity } from "../../hub/recording-wire.ts";
import { temporaryStore } from "../../support/http-server.ts";
import { ManualClock } from "../../support/manual-clock.ts";

describe("admission to an event's own channel", () => {
  it("does not call an event missing while the database cannot be asked", async () => {
    const clock = new ManualClock();
    const { store, remove } = await temporaryStore();
    const events = await store.collection(eventCollection);
    const service = createEventsService({ events, nextId: async () => 1, snapshot: createSnapshot(store.log), clock });
    const [, channel] = eventChannels(service, localLimits(clock), clock);
    const outcome = async (): Promise<unknown> =>
      Promise.resolve(channel?.admit?.(anIdentity("ann"), { eventId: "7" })).catch((thrown: unknown) => thrown);

    expect(await outcome())
      .to.be.instanceOf(HubError)
      .and.include({ code: "not_found" });
    await remove();
    expect(await outcome())
      .to.be.instanceOf(HubError)
      .and.include({ code: "unavailable" });
  });
});
