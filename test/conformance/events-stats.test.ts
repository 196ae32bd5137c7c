import { expect } from "chai";
import { DOORS, type TestClient } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { eventAt, eventsAt } from "./targets.ts";

onBothStores("get_stats", (suite) => {
  for (const door of suite.doors) {
    it(`counts clients and subscriptions on both doors as they come and go, asked through ${door.name}`, async () => {
      const token = await suite.hub.token("customer");
      const asking = await suite.connect(door, eventsAt(token));
      const stats = async (): Promise<unknown> => {
        asking.send("get_stats");
        const answer = await asking.next("stats");
        expect(answer).to.have.all.keys("data", "timestamp");
        return answer.data;
      };
      const subscribe = async (client: TestClient, eventId: number): Promise<void> => {
        client.send("subscribe_event", { eventId });
        await client.next("seat_update");
      };
      const counts = (totalClients: number, eventSubscriptions: number) => ({ totalClients, eventSubscriptions });
      expect(await stats()).to.eql(counts(1, 0));

      const [first, second] = await Promise.all(DOORS.map((other) => suite.connect(other, eventAt(123, token))));
      await Promise.all([first?.next("seat_update"), second?.next("seat_update")]);
      expect(await stats()).to.eql(counts(3, 2));

      await subscribe(asking, 123);
      await subscribe(asking, 124);
      await subscribe(asking, 124);
      expect(await stats()).to.eql(counts(3, 4));

      asking.send("unsubscribe_event", { eventId: 124 });
      asking.send("unsubscribe_event", { eventId: 124 });
      expect(await stats()).to.eql(counts(3, 3));

      asking.send("subscribe_event", { eventId: 999_999 });
      await asking.next("error");
      await first?.close();
      expect(await stats()).to.eql(counts(2, 2));
      await second?.close();
      expect(await stats()).to.eql(counts(1, 1));
    });
  }

  it("does not count vehicles, nor clients that were refused", async () => {
    const [door] = DOORS;
    await door!.refused(suite.hub.url, eventAt(999_999, await suite.hub.token("customer")));
    await door!.refused(suite.hub.url, eventsAt("nonsense"));
    const client = await suite.connect(door!, eventsAt(await suite.hub.token("customer")));
    client.send("get_stats");
    expect((await client.next("stats")).data).to.eql({ totalClients: 1, eventSubscriptions: 0 });
  });
});
