import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import { DOORS, plainDoor } from "../support/client.ts";
import { TestCluster } from "../support/cluster.ts";
import { startHub, type TestHub } from "../support/hub.ts";
import { until } from "../support/until.ts";

const EVENT = { path: "/ws/events/123", namespace: "/events/123" };

/** The value of a sample in the text that a scraper gets; 0 where there is none. */
function sample(text: string, name: string, labels: Record<string, string> = {}): number {
  const line = text.split("\n").find((candidate) => {
    return (
      new RegExp(`^${name}[{ ]`).test(candidate) &&
      Object.entries(labels).every(([label, value]) => candidate.includes(`${label}="${value}"`))
    );
  });
  return line === undefined ? 0 : Number(line.split(" ").at(-1));
}

describe("/metrics", () => {
  let hub: TestHub;
  beforeEach(async () => {
    hub = await startHub({ env: { METRICS_TOKEN: "a token for scrapers" } });
  });
  afterEach(() => hub.stop());

  async function scrape(): Promise<string> {
    const response = await fetch(`${hub.url}/metrics`);
    expect(response.headers.get("content-type")).to.contain("text/plain");
    return response.text();
  }

  it("counts connections, messages and rooms, by app and door", async () => {
    const credential = await hub.token("customer");
    const clients = await Promise.all(DOORS.map((door) => door.connect(hub.url, { ...EVENT, credential })));
    for (const client of clients) await client.next("connection_established");
    clients[0]!.send("get_stats");
    await clients[0]!.next("stats");
    const text = await scrape();
    expect(sample(text, "junction_connections_active", { app: "events", transport: "plain" })).to.equal(1);
    expect(sample(text, "junction_connections_active", { app: "events", transport: "socketio" })).to.equal(1);
    expect(sample(text, "junction_messages_received_total", { app: "events", type: "get_stats" })).to.equal(1);
    expect(sample(text, "junction_messages_sent_total", { type: "connection_established" })).to.equal(2);
    expect(sample(text, "junction_room_subscriptions", { namespace: "/events" })).to.equal(2);

    await hub.call("customer", "POST", "/api/events/123/bookings", { seats: 1 });
    for (const client of clients) await client.next("seat_update");
    const after = await scrape();
    expect(sample(after, "junction_broadcasts_total", { namespace: "/events", type: "seat_update" })).to.equal(1);
    expect(sample(after, "junction_socket_frames_total")).to.be.greaterThanOrEqual(
      sample(after, "junction_socket_writes_total"),
    );
    expect(sample(after, "nodejs_eventloop_lag_seconds")).to.be.greaterThan(0);

    for (const client of clients) await client.close();
    await until("both have gone", () => hub.hub.connections.size === 0);
    expect(sample(await scrape(), "junction_connections_active", { transport: "plain" })).to.equal(0);
  });

  it("counts who was turned away, and why", async () => {
    await plainDoor.refused(hub.url, { ...EVENT, credential: "nonsense" });
    const search = { path: "/ws/vehicles/search", namespace: "/vehicles/search", kind: "apiKey" } as const;
    const target = { ...search, credential: hub.apiKey, envelope: "data" } as const;
    const five = await Promise.all(Array.from({ length: 5 }, () => plainDoor.connect(hub.url, target)));
    await plainDoor.refused(hub.url, target);
    const text = await scrape();
    const invalid = { app: "events", reason: "invalid_token" };
    expect(sample(text, "junction_authentication_failures_total", invalid)).to.equal(1);
    expect(sample(text, "junction_connection_errors_total", invalid)).to.equal(1);
    expect(sample(text, "junction_limits_hit_total", { app: "vehicles", limit: "too_many_connections" })).to.equal(1);
    await Promise.all(five.map((client) => client.close()));
  });

  it("is not for what a proxy passes on, except with the token", async () => {
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${hub.url}/metrics`, { headers })).status;
    const proxied = { "X-Forwarded-For": "127.0.0.1" };
    expect(await status({})).to.equal(200);
    expect(await status(proxied)).to.equal(403);
    expect(await status({ ...proxied, Authorization: "Bearer a token for strangers" })).to.equal(403);
    expect(await status({ ...proxied, Authorization: "Bearer a token for scrapers" })).to.equal(200);
  });
});

describe("the metrics of a cluster", function () {
  this.timeout(60_000);
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.start({ workers: 2 });
  });
  after(() => cluster.stop());

  function url(): string {
    return /Metrics: (http\S+)/.exec(cluster.output)![1]!;
  }

  async function scrape(path = ""): Promise<string> {
    return (await fetch(url() + path)).text();
  }

  it("are summed at the primary, and told for each worker", async () => {
    const credential = await cluster.token();
    const target = { ...EVENT, path: "/events/ws/events/123", credential };
    const clients = await Promise.all(Array.from({ length: 6 }, () => plainDoor.connect(cluster.url, target)));
    const active = async (path: string): Promise<number> =>
      sample(await scrape(path), "junction_connections_active", { app: "events", transport: "plain" });
    await until("all are counted", async () => (await active("")) === 6);
    const [first, second] = [await active("/w1"), await active("/w2")];
    expect(first + second).to.equal(6);
    expect(first).to.be.within(1, 5);
    expect(sample(await scrape(), "junction_workers")).to.equal(2);
    expect((await fetch(`${url()}/w9`)).status).to.equal(404);
    await Promise.all(clients.map((client) => client.close()));
  });

  it("are not served to clients of nginx", async () => {
    expect((await fetch(`${cluster.url}/metrics`)).status).to.equal(403);
  });

  it("count workers that had to be started again", async () => {
    const killed = cluster.pidOf("w2");
    process.kill(killed, "SIGKILL");
    await until("it is counted", async () => sample(await scrape(), "junction_worker_restarts_total") === 1);
    await until("it is back", async () => sample(await scrape(), "junction_workers") === 2);
  });

  it("are what the dashboard shows and the alerts watch, and each alert is explained", async () => {
    const known = new Set([...(await scrape()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
    const dashboard = JSON.parse(readFileSync("ops/grafana-dashboard.json", "utf8")) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const rules = parse(readFileSync("ops/alerts.yml", "utf8")) as {
      groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
    };
    const alerts = rules.groups.flatMap((group) => group.rules);
    const expressions = [
      ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
      ...alerts.map(({ expr }) => expr),
    ];
    expect(expressions).to.have.length.greaterThan(15);
    const used = expressions
      .flatMap((expression) => expression.match(/\b(junction|nodejs|process)_\w+/g) ?? [])
      .map((name) => name.replace(/_bucket$/, ""));
    expect([...new Set(used)].filter((name) => !known.has(name))).to.eql([]);
    const shown = [...known].filter((name) => name.startsWith("junction_") && !used.includes(name));
    expect(shown, "metrics that nothing shows").to.eql([]);
    const manual = readFileSync("docs/operations.md", "utf8");
    expect(alerts.filter(({ alert }) => !manual.includes(`\`${alert}\``)).map(({ alert }) => alert)).to.eql([]);
  });
});
