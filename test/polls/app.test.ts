import { expect } from "chai";
import { startHub, type TestHub, transports } from "junction-hub/testing";
import { polls } from "./app.ts";

describe("polls", () => {
  let hub: TestHub;
  before(async () => {
    hub = await startHub({ apps: [polls] });
  });
  after(() => hub.stop());

  for (const transport of transports) {
    it(`show everybody who votes, through ${transport.name}`, async () => {
      const target = { path: "/ws/polls", namespace: "/polls", credential: await hub.token({ id: "ann" }) };
      const voter = await transport.connect(hub.url, target);
      const watcher = await transport.connect(hub.url, target);
      const { yes } = await watcher.next("tally");
      voter.send("vote", { choice: "yes" });
      expect(await watcher.next("tally")).to.include({ yes: Number(yes) + 1 });
      voter.send("vote", { choice: "maybe" });
      expect((await voter.next("error")).message).to.include("choice");
      await Promise.all([voter.close(), watcher.close()]);
    });
  }
});
