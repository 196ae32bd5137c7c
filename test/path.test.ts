import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { defineApp, log, z } from "junction-hub";
import { plain, startHub, type TestHub } from "junction-hub/testing";

const ROOT = path.resolve(import.meta.dirname, "..");
const PAGE = path.join(ROOT, "docs/architecture.md");

/**
 * Files that stops call for a fact (a key, a check, an event) and that the message does not pass through: everything that
 * runs is either a stop of the page or one of these.
 */
const HELPERS = [
  "hub/clock.ts",
  "hub/connection.ts",
  "hub/events.ts",
  "hub/message.ts",
  "delivery/faults.ts",
  "hub/outbound.ts",
  "observability/metrics.ts",
  "observability/log.ts",
  "redis/peers.ts",
  "store/embedded/keys.ts",
  "store/gate.ts",
  "store/room-log.ts",
  "store/storable.ts",
  "store/writes/markers.ts",
  "store/writes/record.ts",
  "store/writes/upkeep.ts",
  "transports/internals.ts",
  "transports/transports.ts",
];

/** An app in one file: a note becomes a document and a message of class `log`. */
const notes = defineApp("notes", async ({ collection, channel }) => {
  const note = z.object({ id: z.number(), text: z.string() });
  const notes = await collection("notes", note);
  await notes.ensure({ id: 1, text: "" });
  const { message } = channel("/notes", {
    credential: "jwt",
    inbound: { write: z.object({ text: z.string() }) },
    outbound: { written: log(z.object({ text: z.string() })) },
    open: (client) => client.join("all"),
    on: {
      async write(_client, { text }) {
        await notes.modify(1, (before) => {
          const next = { ...before, text };
          return { next, messages: [message("all", "written", { text })] };
        });
      },
    },
  });
});

describe("the path of a message of class log, in docs/architecture.md", () => {
  const session = new Session();
  let hub: TestHub;
  before(async () => {
    hub = await startHub({ apps: [notes] });
    session.connect();
    await session.post("Profiler.enable");
  });
  after(async () => {
    session.disconnect();
    await hub.stop();
  });

  it("names at most 16 files, the app among them, and all those that it passes through", async () => {
    const stops = [...readFileSync(PAGE, "utf8").matchAll(/^\d+\. `src\/([\w/-]+\.ts)`/gm)].map(
      ([, file]) => file ?? "",
    );
    expect(stops.length).to.be.within(1, 15);

    const credential = await hub.token({ id: "ann" });
    const client = await plain.connect(hub.url, { path: "/ws/notes", namespace: "/notes", credential });
    // The first message has functions compiled that are run once.
    client.send("write", { text: "first" });
    await client.next("written");
    await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    client.send("write", { text: "second" });
    await client.next("written");
    const { result } = await session.post("Profiler.takePreciseCoverage");
    await session.post("Profiler.stopPreciseCoverage");
    await client.close();

    const ran = result.flatMap(({ url, functions }) => {
      const file = url.startsWith("file:") ? path.relative(path.join(ROOT, "src"), fileURLToPath(url)) : "..";
      const isServer = !file.startsWith("..") && !file.startsWith("testing/");
      return isServer && functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0) ? [file] : [];
    });
    expect(stops.filter((file) => !ran.includes(file))).to.eql([]);
    expect(ran.filter((file) => !stops.includes(file) && !HELPERS.includes(file))).to.eql([]);
  });
});
