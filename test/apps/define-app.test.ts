import { expect } from "chai";
import { createSnapshot } from "../../src/delivery/snapshot.ts";
import { localLimits } from "../../src/hub/limits.ts";
import { type App, type AppDeps, defineApp, HubError, reply, z } from "../../src/index.ts";
import { startApps } from "../../src/start-apps.ts";
import { type LoggedStore, loggedStore } from "../support/logged-store.ts";
import { ManualClock } from "../support/manual-clock.ts";

describe("defineApp", () => {
  let database: LoggedStore;
  before(async () => {
    database = await loggedStore();
  });
  after(() => database.remove());

  async function start(apps: readonly App[], options: Record<string, unknown> = {}) {
    const { store } = database;
    const clock = new ManualClock();
    const out = { publish: async () => [], broadcast: () => {}, evict: () => {} };
    const shared = { ...out, store, clock, limits: localLimits(clock), snapshot: createSnapshot(store.log) };
    return startApps({ ...shared, apps, options, roles: ["user", "admin"] });
  }

  it("gives what is declared to the server, a channel with the name of its app", async () => {
    const started = await start([
      defineApp("notes", ({ channel, route, ingest }) => {
        const { message } = channel("/notes/{id}", {
          credential: "none",
          inbound: { say: z.object({ text: z.string() }) },
          outbound: { said: reply(z.object({ text: z.string() })) },
          on: { say: (client, { text }) => client.send("said", { text }) },
        });
        route({
          method: "get",
          path: "/api/notes",
          summary: "Notes",
          credential: "none",
          response: z.object({}),
          handle: () => ({}),
        });
        ingest("notes:said", (published) => message("all", "said", z.object({ text: z.string() }).parse(published)));
      }),
    ]);
    expect(started.channels.map(({ app, path }) => [app, path])).to.eql([["notes", "/ws/notes/{id}"]]);
    expect(started.routes.map(({ path }) => path)).to.eql(["/api/notes"]);
    expect(started.ingest["notes:said"]?.({ text: "Hello" })).to.deep.include({
      namespace: "/notes",
      rooms: ["all"],
      payload: { text: "Hello" },
    });
  });

  it("gives an app its own options", async () => {
    const seen: unknown[] = [];
    const options = z.strictObject({ loud: z.boolean().default(false) });
    const app = defineApp("loud", { options }, (deps) => void seen.push(deps.options.loud));
    await start([app], { loud: { loud: true } });
    expect(seen).to.eql([true]);
    expect(app.options).to.equal(options);
  });

  it("counts sequences from where it is told", async () => {
    let sequence: AppDeps["sequence"] | undefined;
    await start([
      defineApp("counting", (deps) => {
        sequence = deps.sequence;
      }),
    ]);
    const [next, later] = [sequence?.("a"), sequence?.("b", { startAfter: 1_000 })];
    expect([await next?.(), await next?.(), await later?.()]).to.eql([1, 2, 1_001]);
  });

  it("puts demo data in place that knows the demo users of the server", async () => {
    const planted: string[] = [];
    const started = await start([
      defineApp("seeded", ({ seed }) => seed(async (userId) => void planted.push(userId("ann")))),
      defineApp("bare", () => {}),
    ]);
    expect(planted).to.eql([]);
    await started.seed((name) => `id of ${name}`);
    expect(planted).to.eql(["id of ann"]);
  });

  it("refuses a route for a role that there is not, and what setting up throws", async () => {
    const route = { method: "get", path: "/api/x", summary: "X", credential: "jwt", response: z.object({}) } as const;
    const app = defineApp("x", (deps) => deps.route({ ...route, roles: ["operator"], handle: () => ({}) }));
    const error = await start([app]).catch((thrown: Error) => thrown);
    expect(error).to.have.property(
      "message",
      'GET /api/x is for the role "operator"; declare it, or use one of user, admin',
    );
    const failing = defineApp("y", () => Promise.reject(new HubError("unavailable")));
    expect(await start([failing]).catch((thrown: Error) => thrown)).to.include({ code: "unavailable" });
  });
});
