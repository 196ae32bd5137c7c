import { expect } from "chai";
import { type AppDeps, collectionsOf } from "../../../src/app.ts";
import { eventChannels } from "../../../src/apps/events/channel.ts";
import { openEvents } from "../../../src/apps/events/collections.ts";
import { createEventsService } from "../../../src/apps/events/service.ts";
import { createSnapshot } from "../../../src/delivery/snapshot.ts";
import { type Channel, defineChannel } from "../../../src/hub/channel.ts";
import { HubError } from "../../../src/hub/errors.ts";
import { localLimits } from "../../../src/hub/limits.ts";
import { publisher } from "../../../src/hub/message.ts";
import { anIdentity } from "../../hub/recording-wire.ts";
import { temporaryStore } from "../../support/http-server.ts";
import { ManualClock } from "../../support/manual-clock.ts";

describe("admission to an event's own channel", () => {
  it("does not call an event missing while the database cannot be asked", async () => {
    const clock = new ManualClock();
    const { store, remove } = await temporaryStore();
    const events = await openEvents(collectionsOf(store));
    const service = createEventsService({ events, nextId: async () => 1, snapshot: createSnapshot(store.log), clock });
    const channels: Channel[] = [];
    const channel: AppDeps["channel"] = (namespace, declaration) => {
      channels.push(defineChannel({ ...declaration, app: "events", namespace }));
      return publisher(namespace, declaration.outbound);
    };
    eventChannels({ channel, limits: localLimits(clock), clock }, service);
    const outcome = async (): Promise<unknown> =>
      Promise.resolve(channels[1]?.admit?.(anIdentity("ann"), { eventId: "7" })).catch((thrown: unknown) => thrown);

    expect(await outcome())
      .to.be.instanceOf(HubError)
      .and.include({ code: "not_found" });
    await remove();
    expect(await outcome())
      .to.be.instanceOf(HubError)
      .and.include({ code: "unavailable" });
  });
});
