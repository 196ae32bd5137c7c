import { expect } from "chai";
import { startHub, type TestHub } from "./support/hub.ts";
import { documented, messageTable, unproved, write } from "./support/tables.ts";

// Named to run last, when the other specs have had their say; only a run of all specs can judge.
if (process.env.ALL_SPECS === "1") {
  describe("the messages of all channels", () => {
    let hub: TestHub;
    before(async () => {
      hub = await startHub();
    });
    after(() => hub.stop());

    it("are each proved by a spec that had them on a real socket", () => {
      expect(unproved(hub.channels)).to.eql([]);
    });

    it("are listed in docs/protocol.md with the specs that prove them", () => {
      write("messages", messageTable(hub.channels));
      for (const { app } of hub.channels) expect(documented("messages")).to.include(`| ${app} | `);
    });
  });
}
