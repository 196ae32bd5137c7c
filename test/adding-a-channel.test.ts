import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { expect } from "chai";
import type { App } from "../src/app.ts";
import { DOORS } from "./support/client.ts";
import { startHub, type TestHub } from "./support/hub.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const FOLDER = path.join(ROOT, ".cache/sixth-app");

describe("docs/adding-a-channel.md", () => {
  let code: string;
  let hub: TestHub;

  before(async () => {
    const page = await readFile(path.join(ROOT, "docs/adding-a-channel.md"), "utf8");
    code = /`src\/apps\/polls\/app\.ts`:\n\n```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    await mkdir(FOLDER, { recursive: true });
    const file = path.join(FOLDER, "app.ts");
    // The page's code lives in src/apps/polls/; here it stands elsewhere and must find the same files.
    const inPlace = code.replaceAll('"../../', '"../../src/');
    await writeFile(file, inPlace);
    // As mocha loads the specs: an `import()` would have modules of its own, and with them a store of other documents.
    const { polls } = createRequire(import.meta.url)(file) as { polls: App };
    hub = await startHub({ apps: [polls] });
  });

  after(async () => {
    await hub.stop();
    await rm(FOLDER, { recursive: true });
  });

  it("builds an app in under 60 lines", () => {
    expect(code.split("\n").length).to.be.within(10, 60);
  });

  for (const door of DOORS) {
    it(`that works through ${door.name}`, async () => {
      const credential = await hub.token("customer");
      const target = { path: "/polls/ws/polls", namespace: "/polls", credential };
      const [voter, watcher] = await Promise.all([door.connect(hub.url, target), door.connect(hub.url, target)]);
      const before = await watcher.next("tally");
      voter.send("vote", { choice: "yes" });
      expect(await watcher.next("tally")).to.eql({ ...before, yes: (before.yes as number) + 1 });
      voter.send("vote", { choice: "maybe" });
      expect((await voter.next("error")).message).to.include("choice");
      await Promise.all([voter.close(), watcher.close()]);
    });
  }
});
