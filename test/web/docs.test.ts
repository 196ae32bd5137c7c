import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { startHub, type TestHub } from "../support/hub.ts";

describe("/docs in a browser", function () {
  this.timeout(60_000);
  let hub: TestHub;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const requests: string[] = [];

  before(async function () {
    const launched = await launchBrowser();
    if ("skipped" in launched) {
      console.log(`    skipped: ${launched.skipped}`);
      this.skip();
    }
    browser = launched;
    hub = await startHub();
    page = await browser.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(`${hub.url}/docs`, { waitUntil: "networkidle" });
  });
  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  it("loads nothing but itself, and has nothing to complain about", () => {
    expect(requests).to.eql([`${hub.url}/docs`]);
    expect(complaints).to.eql([]);
  });

  it("shows every message of every channel with its class", async () => {
    for (const { namespace, inbound, outbound } of hub.channels) {
      const section = page
        .locator("section")
        .filter({ has: page.locator("h3", { hasText: new RegExp(`^${literal(namespace)}$`) }) });
      const shown = await section
        .locator("[data-message]")
        .evaluateAll((rows) => rows.map((row) => (row as unknown as { dataset: { message: string } }).dataset.message));
      expect(shown).to.include.members([...Object.keys(inbound), ...Object.keys(outbound), "closing"]);
    }
    const seats = page
      .locator("section")
      .filter({ hasText: "namespace /events" })
      .locator('[data-message="seat_update"]');
    expect(await seats.first().textContent()).to.match(/hub\s*latest\s*\{ eventId: integer, availableSeats: integer/);
  });

  it("shows every route of /openapi.json", async () => {
    const { paths } = (await hub.call(undefined, "GET", "/openapi.json")).body as { paths: Record<string, object> };
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations)) {
        expect(await page.locator(`[data-route="${method.toUpperCase()} ${path}"]`).isVisible()).to.equal(true);
      }
    }
    const login = page.locator('[data-route="POST /api/v2/auth/login"]');
    expect(await login.textContent()).to.include("{ phone: string, password: string }");
  });

  it("is styled, under a policy that allows its own style alone", async () => {
    expect(
      await page
        .locator("table")
        .first()
        .evaluate((table) => getComputedStyle(table as never).borderCollapse),
    ).to.equal("collapse");
    const { headers } = await fetch(`${hub.url}/docs`);
    expect(headers.get("Content-Security-Policy")).to.match(/^default-src 'none'; style-src 'sha256-[^']+';/);
  });
});

declare function getComputedStyle(element: never): { borderCollapse: string };

function literal(text: string): string {
  return text.replace(/[{}]/g, "\\$&");
}
