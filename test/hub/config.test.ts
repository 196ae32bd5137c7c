import { expect } from "chai";
import { battery } from "../../src/apps/battery/app.ts";
import { type ConfigFile, defineConfig, loadConfig } from "../../src/config.ts";

const { options } = battery;
const APPS = ["vehicles", "events", "bookings"];
const CONFIGURED = [...APPS.map((name) => ({ name, options: undefined })), { name: "battery", options }];
/** The doors that these apps can have. */
const FILE: ConfigFile = { doors: [{ port: 3000, apps: ["vehicles", "events"] }] };

const load = (env: Record<string, string> = {}, file: unknown = FILE) => loadConfig(env, file, CONFIGURED);

function complaint(env: Record<string, string>, file: unknown = FILE): string {
  try {
    load(env, file);
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return "none";
}

describe("the configuration", () => {
  it("has a default for everything", () => {
    expect(load()).to.deep.include({
      doors: [{ port: 3000, apps: ["vehicles", "events"] }],
      dataDir: "./data",
      maxPayloadBytes: 16_384,
      budgetBytes: 1_048_576,
      coalesceMs: 1,
      origins: "*",
      options: { battery: { exposeUser: false } },
      logLevel: "info",
      production: false,
      seedDemo: true,
      worker: "w1",
      mongodbUrl: undefined,
      redisUrl: undefined,
      jwtSecret: undefined,
      jwksUrl: undefined,
      warnings: [],
    });
  });

  it("cannot be changed afterwards", () => {
    expect(load()).to.be.frozen;
  });

  it("comes from cluster.config.ts", () => {
    const file = defineConfig({
      doors: [{ port: 4000, apps: ["bookings"] }],
      dataDir: "/var/lib/junction",
      maxPayloadBytes: 128,
      budgetBytes: 16_384,
      coalesceMs: 2,
      origins: ["https://example.com"],
      battery: { exposeUser: true },
      logLevel: "warn",
    });
    const { battery, ...settings } = file;
    expect(load({}, file)).to.deep.include({ ...settings, options: { battery } });
  });

  it("opens one door where it names none, with every app that there is", () => {
    expect(load({}, {}).doors).to.eql([{ port: 3000, apps: [...APPS, "battery"] }]);
  });

  it("refuses an app that is called like a setting", () => {
    const apps = [{ name: "cluster", options: undefined }];
    expect(() => loadConfig({}, {}, apps)).to.throw("an app cannot be called cluster");
  });

  describe("takes from the environment, which wins,", () => {
    for (const [env, expected] of [
      [{ HUB_DATA_DIR: "/data" }, { dataDir: "/data" }],
      [{ MONGODB_URL: "mongodb://db/hub" }, { mongodbUrl: "mongodb://db/hub", seedDemo: false }],
      [{ REDIS_URL: "redis://cache" }, { redisUrl: "redis://cache" }],
      [{ JWT_SECRET: "s3cret" }, { jwtSecret: "s3cret" }],
      [{ JWKS_URL: "https://id/keys" }, { jwksUrl: "https://id/keys" }],
      [{ NODE_ENV: "production" }, { production: true, seedDemo: false }],
      [{ NODE_ENV: "test" }, { production: false, seedDemo: true }],
      [{ PORT: "8080" }, { doors: [{ port: 8080, apps: [...APPS, "battery"] }] }],
      [{ PORT: "0" }, { doors: [{ port: 0, apps: [...APPS, "battery"] }] }],
      [{ HUB_DOORS: "80:events" }, { doors: [{ port: 80, apps: ["events"] }] }],
      [{ HUB_DOORS: "80:events", PORT: "8080" }, { doors: [{ port: 80, apps: ["events"] }] }],
      [{ HUB_DOORS: "80" }, { doors: [{ port: 80, apps: [] }] }],
      [
        { HUB_DOORS: " 3000 : vehicles , events ;5000:bookings; " },
        {
          doors: [
            { port: 3000, apps: ["vehicles", "events"] },
            { port: 5000, apps: ["bookings"] },
          ],
        },
      ],
      // Set to nothing is not set.
      [{ PORT: "", HUB_DOORS: "", HUB_DATA_DIR: "", MONGODB_URL: "", REDIS_URL: "", JWT_SECRET: "", JWKS_URL: "" }, {}],
    ] as [Record<string, string>, object][]) {
      it(JSON.stringify(env), () => {
        expect(load(env)).to.deep.include({ ...load(), ...expected });
      });
    }
  });

  describe("names what is wrong:", () => {
    for (const [env, says] of [
      [{ PORT: "http" }, 'PORT must be a number from 0 to 65535, not "http"'],
      [{ PORT: "65536" }, 'PORT must be a number from 0 to 65535, not "65536"'],
      [{ PORT: "-1" }, "PORT must be"],
      [{ PORT: "80.5" }, "PORT must be"],
      [{ HUB_DOORS: "events" }, 'HUB_DOORS: "events" is not a port and its apps'],
      [{ HUB_DOORS: ":events" }, 'HUB_DOORS: ":events" is not a port'],
      [{ HUB_DOORS: "80:events;99999:bookings" }, 'HUB_DOORS: "99999:bookings" is not a port'],
      [{ HUB_DOORS: "80:vehicles:events" }, 'HUB_DOORS: "80:vehicles:events" is not a port'],
      [{ HUB_DOORS: " ; " }, "HUB_DOORS names no door"],
      [{ HUB_DOORS: "80:event" }, 'doors name the app "event"; there is vehicles, events, bookings'],
      [{ HUB_DOORS: "80:toString" }, 'doors name the app "toString"'],
      [{ HUB_DOORS: "80:events;80:bookings" }, "doors name the port 80 twice"],
    ] as [Record<string, string>, string][]) {
      it(JSON.stringify(env), () => expect(complaint(env)).to.contain(says));
    }

    it("two doors at port 0 are two free ports", () => {
      expect(load({ HUB_DOORS: "0:events;0:bookings" }).doors).to.have.lengthOf(2);
    });

    for (const [wrong, setting] of [
      [{ doors: [] }, "doors"],
      [{ doors: [{ port: "http", apps: [] }] }, "doors[0].port"],
      [{ doors: [{ port: 80 }] }, "doors[0].apps"],
      [{ doors: [{ port: 80, apps: ["events"], tls: true }] }, "tls"],
      [{ dataDir: "" }, "dataDir"],
      [{ maxPayloadBytes: 127 }, "maxPayloadBytes"],
      [{ maxPayloadBytes: "16KiB" }, "maxPayloadBytes"],
      [{ budgetBytes: 100 }, "budgetBytes"],
      [{ coalesceMs: 6 }, "coalesceMs"],
      [{ coalesceMs: -1 }, "coalesceMs"],
      [{ origins: "everybody" }, "origins"],
      [{ battery: { exposeUsers: true } }, "exposeUsers"],
      [{ logLevel: "loud" }, "logLevel"],
      [{ datadir: "./data" }, "datadir"],
      [[], "object"],
    ] as [object, string][]) {
      it(JSON.stringify(wrong), () => {
        const text = complaint({}, Array.isArray(wrong) ? wrong : { ...FILE, ...wrong });
        expect(text).to.match(/^cluster\.config\.ts is wrong:\n/);
        expect(text).to.contain(setting);
      });
    }

    it("all of it at once", () => {
      const text = complaint({}, { ...FILE, budgetBytes: 1, logLevel: "loud", colour: "red" });
      for (const setting of ["budgetBytes", "logLevel", "colour"]) expect(text).to.contain(setting);
    });
  });

  it("warns of HUB_ names that mean nothing, and of no others", () => {
    const { warnings } = load({ HUB_DOOR: "80:events", HUB_WORKERS: "2", HUBBUB: "1", HUB_DATADIR: "x", DEBUG: "1" });
    expect(warnings).to.have.lengthOf(2);
    expect(warnings[0]).to.match(/^HUB_DOOR is not a setting and does nothing; there is .*HUB_DOORS/);
    expect(warnings[1]).to.match(/^HUB_DATADIR /);
  });
});
