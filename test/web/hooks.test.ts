import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { startHub, type TestHub } from "../support/hub.ts";
import { serveScript, type WebPage } from "../support/web-page.ts";

const BOOKING = "123e4567-e89b-12d3-a456-426614174000";

/** The documents' components, with only their import changed, in a real browser against a real hub. */
describe("the React hooks in a browser", function () {
  this.timeout(60_000);
  let browser: Browser;
  let script: WebPage;
  let hub: TestHub;
  let page: Page;
  const complaints: string[] = [];
  /** The frames that the page has received, and who waits for one. */
  const frames: string[] = [];
  let heard = (): void => {};

  before(async function () {
    const launched = await launchBrowser();
    if ("skipped" in launched) {
      console.log(`    skipped: ${launched.skipped}`);
      this.skip();
    }
    browser = launched;
    script = await serveScript("test/web/components/page.jsx");
  });
  after(async () => {
    await browser?.close();
    await script?.close();
  });
  beforeEach(async () => {
    hub = await startHub();
    complaints.length = 0;
    frames.length = 0;
    page = await browser.newPage();
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => {
        frames.push(payload.toString());
        heard();
      });
    });
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(script.url);
  });
  afterEach(async () => {
    await page.close();
    await hub.stop();
  });

  async function show(name?: string, props: object = {}): Promise<void> {
    await page.evaluate(([url, ...rest]) => (globalThis as unknown as Page & Show).show(url, ...rest), [
      hub.url,
      name,
      props,
    ] as [string, string?, object?]);
  }
  const text = (wanted: string | RegExp) => page.getByText(wanted, { exact: true }).waitFor();
  /** Resolves once the page has received a message. */
  const received = async (type: string): Promise<void> => {
    while (!frames.some((frame) => frame.includes(`"${type}"`))) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  const login = async (user: Parameters<TestHub["token"]>[0]) => {
    const token = await hub.token(user);
    await page.evaluate(
      (stored) => (globalThis as unknown as Show).localStorage.setItem("access_token", stored),
      token,
    );
  };

  it("are bundled without anything of the server", () => {
    const ours = script.files.filter((file) => !file.startsWith("node_modules/") && !file.startsWith("test/"));
    expect(ours).to.have.members([
      "src/apps/client.ts",
      "src/client/index.ts",
      "src/client/react.ts",
      "src/client/connect.ts",
      "src/client/settings.ts",
      ...["battery", "bookings", "events", "parking"].map((name) => `src/apps/${name}/react.ts`),
    ]);
    expect(script.files.filter((file) => file.startsWith("node_modules/zod/"))).to.eql([]);
  });

  it("battery's StationDetail shows what a station holds, and follows it", async () => {
    await show("StationDetail", { stationId: 1 });
    await Promise.all([text("🟢 Live"), text("Available: 20"), text("Booked: 0"), text("Total: 20")]);
    const { body } = await hub.call("customer", "POST", "/api/stations/1/bookings");
    await Promise.all([text("Available: 19"), text("Booked: 1"), text("Total: 20")]);
    await hub.call("customer", "POST", `/api/stations/1/bookings/${body.booking_id}/collect`);
    await Promise.all([text("Available: 19"), text("Booked: 0"), text("Total: 19")]);
    expect(complaints).to.eql([]);
  });

  it("battery's useStationWebSocket never gives one station's inventory as another's, in no render", async () => {
    const { body } = await hub.call(undefined, "GET", "/api/stations/2");
    await hub.call("customer", "POST", "/api/stations/1/bookings");
    await show("StationLog", { stationId: 1 });
    await text("1:none 1:19");
    await show("StationLog", { stationId: 2 });
    await text(`1:none 1:19 2:none 2:${body.available_batteries}`);
    await show("StationLog", { stationId: Number.NaN });
    await text(/NaN:none$/);
  });

  it("battery's StationDetail shows nothing of a station that does not exist, and lets go of what it no longer shows", async () => {
    await show("StationDetail", { stationId: 1 });
    await text("Available: 20");
    const refused = page.waitForEvent("console");
    await show("StationDetail", { stationId: 999 });
    await refused;
    await page.getByText("Available").waitFor({ state: "detached" });
    await page.getByText("Live").waitFor({ state: "detached" });
    await show("StationDetail", {});
    await text("🟢 Live");
    await hub.call("customer", "POST", "/api/stations/1/bookings");
    await text("Available: 19");
    const left = new Promise((resolve) => hub.hub.events.once("disconnected", resolve));
    await show();
    await left;
    expect(hub.hub.connections.size).to.equal(0);
    expect(complaints).to.eql(["WebSocket error: Station not found {code: 1008, reason: Not Found}"]);
  });

  it("battery's useUserNotifications lists what the user is told", async () => {
    await login("customer");
    await show("UserNotifications");
    await received("connection_established");
    const { body } = await hub.call("customer", "POST", "/api/stations/1/bookings");
    await text(`Battery booked successfully at Downtown Station (${body.booking_id})`);
    await hub.call("operator", "POST", `/api/stations/1/bookings/${body.booking_id}/ready`);
    await text(`Your battery is ready for collection at Downtown Station (${body.booking_id})`);
    await page.locator("li.booking_confirmed + li.booking_ready").waitFor();
    expect(complaints).to.eql([]);
  });

  it("bookings' useWebSocket shows the status of its own booking alone, and the messages of a ticket", async () => {
    const ticket = await hub.call("customer", "POST", "/api/v2/support/tickets", { subject: "Late" });
    const other = await hub.call("customer", "POST", "/api/v2/bookings", { service: "cleaning" });
    await login("customer");
    await show("Booking", { bookingId: BOOKING, ticketId: ticket.body.id });
    await text("Status: unknown");
    await received(`support:${ticket.body.id}`);
    await hub.call("admin", "PATCH", `/api/v2/bookings/${other.body.id}`, { status: "cancelled" });
    await hub.call("admin", "PATCH", `/api/v2/bookings/${BOOKING}`, { status: "en_route" });
    await text("Status: en_route");
    await hub.call("admin", "PATCH", `/api/v2/bookings/${BOOKING}`, { status: "arrived" });
    await text("Status: arrived");
    await hub.call("admin", "POST", `/api/v2/support/tickets/${ticket.body.id}/messages`, { message: "On the way" });
    await text("On the way");
    expect(complaints).to.eql([]);
  });

  it("events' useEventWebSocket keeps the capacity that some updates do not repeat, and comes back", async () => {
    await show("Seats", { eventId: 123, token: await hub.token("customer") });
    await text("Live");
    await text(/^100 of 100 seats, /);
    await hub.clock.advance(60_000);
    await hub.call("secondCustomer", "POST", "/api/events/123/bookings", { seats: 2 });
    await text(`98 of 100 seats, ${new Date(hub.clock.now()).toISOString()}`);
    hub.hub.endWhere(() => true, "draining");
    await text("Not live");
    await text("Live");
    await hub.call("secondCustomer", "POST", "/api/events/123/bookings", {});
    await text(/^97 of 100 seats, /);
    expect(complaints).to.eql([]);
  });

  it("parking's NotificationCenter shows the user's notifications", async () => {
    await login("customer");
    await show("NotificationCenter");
    await text("Status: Connected");
    await received("subscribed");
    await hub.call("secondCustomer", "POST", "/api/reservations", { parking_lot_id: 1 });
    const { body } = await hub.call("customer", "POST", "/api/reservations", { parking_lot_id: 2 });
    await text("New reservation created");
    const shown = await page.locator(".notification pre", { hasText: "reservation_id" }).textContent();
    expect(JSON.parse(shown ?? "")).to.deep.include({ reservation_id: body.reservation_id, status: "active" });
    expect(await page.locator(".notification h4").allTextContents()).to.include("New reservation created");
    expect(complaints).to.eql([]);
  });

  it("parking's useWebSocket comes back after 5 seconds with a fresh ws token, and waits for somebody to sign in", async () => {
    const tokens: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "GET" && request.url().endsWith("/api/user/ws-token/")) tokens.push(request.url());
    });
    await page.clock.install();
    await show("NotificationCenter");
    await text("Status: Disconnected");
    await page.clock.fastForward(5_000);
    expect(tokens).to.eql([]);

    await login("customer");
    await page.clock.fastForward(5_000);
    await text("Status: Connected");
    hub.hub.endWhere(() => true, "draining");
    await text("Status: Disconnected");
    await page.clock.fastForward(4_000);
    expect(tokens.length).to.equal(1);
    await page.clock.fastForward(1_500);
    await text("Status: Connected");
    expect(tokens.length).to.equal(2);

    await show();
    await page.clock.fastForward(20_000);
    expect(hub.hub.connections.size, "no attempt outlives the component").to.equal(0);
    expect(tokens.length).to.equal(2);
    expect(complaints).to.eql([]);
  });
});

/** What the page has beside what every browser page has. */
interface Show {
  show(url: string, name?: string, props?: object): void;
  readonly localStorage: { setItem(name: string, value: string): void };
}
