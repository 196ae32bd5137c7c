import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { openDoors } from "../../src/http/doors.ts";

/** More than Node keeps a place for by itself. */
const CLIENTS = 1_500;

describe("a door on a Unix socket", () => {
  it("turns nobody away when all clients come at the same moment", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "junction-doors-"));
    const socket = path.join(folder, "door.sock");
    const doors = await openDoors([{ port: 0, apps: [], path: socket }], () => {});
    // All of them ask before the server, in the same process, has a chance to accept one.
    const clients = Array.from({ length: CLIENTS }, () => connect(socket));
    try {
      const outcomes = await Promise.allSettled(clients.map((client) => once(client, "connect")));
      expect(outcomes.filter(({ status }) => status === "rejected")).to.eql([]);
    } finally {
      for (const client of clients) client.destroy();
      await doors.stop(0);
      await rm(folder, { recursive: true });
    }
  });
});
