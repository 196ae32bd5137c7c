import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { HubError } from "junction-hub";
import { HubError as sameError } from "../src/hub/errors.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const MOST_LINES = 30;

describe("docs/adding-an-app.md", () => {
  let page: string;
  before(async () => {
    page = await readFile(path.join(ROOT, "docs/adding-an-app.md"), "utf8");
  });

  for (const file of ["test/polls/app.ts", "test/polls/app.test.ts"]) {
    it(`shows ${file} as it is`, async () => {
      const code = await readFile(path.join(ROOT, file), "utf8");
      expect(page).to.include(`\`\`\`ts\n${code}\`\`\`\n`);
    });
  }

  it(`builds an app in at most ${MOST_LINES} lines`, async () => {
    const code = await readFile(path.join(ROOT, "test/polls/app.ts"), "utf8");
    expect(code.trimEnd().split("\n").length).to.be.within(10, MOST_LINES);
  });
});

describe("junction-hub", () => {
  it("is one instance, by its name and by its files, however it is imported", async () => {
    expect(HubError).to.equal(sameError);
    expect((await import("../src/index.ts")).HubError).to.equal(HubError);
    expect((await import("junction-hub")).HubError).to.equal(HubError);
  });
});
