import { expect } from "chai";
import { startHub, type TestHub } from "./support/hub.ts";
import { channelTable, disconnectTable, documented, errorTable, messageTable, write } from "./support/tables.ts";

/** `npm run docs` writes the tables instead of comparing them. */
const WRITES = process.env.WRITE_DOCS === "1";

describe("docs/protocol.md", () => {
  let hub: TestHub;
  before(async () => {
    hub = await startHub();
  });
  after(() => hub.stop());

  const tables: Record<string, () => string> = {
    errors: errorTable,
    disconnects: disconnectTable,
    channels: () => channelTable(hub.channels),
    messages: () => messageTable(hub.channels),
  };
  for (const [name, make] of Object.entries(tables)) {
    it(`lists the ${name} as they are`, () => {
      if (WRITES) write("protocol", name, make());
      expect(documented("protocol", name), "run: npm run docs").to.equal(make());
    });
  }
});
