import { expect } from "chai";
import { startHub, type TestHub } from "./support/hub.ts";
import { readProofs } from "./support/proofs.ts";
import { documented, proofTable, unproved, write } from "./support/tables.ts";

const { PROOFS, JUDGE_PROOFS } = process.env;

// Only a run of all specs can judge what they have seen; it sets `JUDGE_PROOFS` when they have ended.
if (PROOFS !== undefined && JUDGE_PROOFS === "1") {
  describe("the messages of all channels", () => {
    let hub: TestHub;
    before(async () => {
      hub = await startHub();
    });
    after(() => hub.stop());

    it("are each proved by a spec that had them on a real socket", () => {
      expect(unproved(hub.channels, readProofs(PROOFS))).to.eql([]);
    });

    it("are listed in docs/proofs.md with the specs that prove them", () => {
      write("proofs", "proofs", proofTable(hub.channels, readProofs(PROOFS)));
      for (const { app } of hub.channels) expect(documented("proofs", "proofs")).to.include(`| ${app} | `);
    });
  });
}
