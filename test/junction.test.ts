import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { z } from "zod";
import type { App, AppServer, RunningApp } from "../src/app.ts";
import { DEMO } from "../src/apps/demo-users.ts";
import { type Config, loadConfig } from "../src/config.ts";
import type { Channel } from "../src/hub/channel.ts";
import { HubError } from "../src/hub/errors.ts";
import { defineRoute } from "../src/hub/route.ts";
import { startJunction } from "../src/junction.ts";
import { createLog } from "../src/observability/log.ts";
import { defineCollection } from "../src/store/collection.ts";
import { openEmbeddedStore } from "../src/store/embedded/store.ts";
import { aChannel } from "./hub/recording-wire.ts";
import { ManualClock } from "./support/manual-clock.ts";

/** The longest time until the handles of a worker that has ended are gone; milliseconds. */
const GONE_MS = 2_000;

/** Longer than the wait of the link between its first tries to connect to Redis; milliseconds. */
const TRYING_MS = 1_000;

/** A clock that fails to set the first timer of this length. */
class FailingClock extends ManualClock {
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  override after(ms: number, action: () => void): () => void {
    if (ms === this.#ms) throw new Error("no timer");
    return super.after(ms, action);
  }
}

interface Trial {
  readonly config?: Partial<Config>;
  readonly clock?: ManualClock;
  readonly apps?: readonly App[];
}

describe("a worker", () => {
  let folder: string;
  let sockets: string;
  let dataDir: string;
  let before: string[];
  let lines: string[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "jn-"));
    sockets = path.join(folder, "sockets");
    dataDir = path.join(folder, "data");
    await mkdir(sockets);
    before = handles();
    lines = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function start({ config, clock = new ManualClock(), apps = [anApp()] }: Trial) {
    const env = { PORT: "0", HUB_DATA_DIR: dataDir, JWT_SECRET: "a secret that only these tests know, long enough" };
    const log = createLog({ level: "error", worker: "w1", destination: { write: (line) => void lines.push(line) } });
    return startJunction(
      { ...loadConfig(env, {}, apps), ...config },
      { log, clock, apps, roles: ["user"], demo: DEMO },
    );
  }

  /** Starts a worker that cannot start; resolves to the error once nothing of the worker is left. */
  async function failing(trial: Trial): Promise<Error> {
    const clock = trial.clock ?? new ManualClock();
    const junction = await start({ ...trial, clock }).catch((error: unknown) => error as Error);
    if (!(junction instanceof Error)) {
      await junction.close();
      expect.fail("it has started");
    }
    await nothingIsLeft(clock);
    return junction;
  }

  /** No handle, no timer of the hub, no socket; and the data can be opened again. */
  async function nothingIsLeft(clock: ManualClock): Promise<void> {
    for (const end = Date.now() + GONE_MS; Date.now() < end && extra().length > 0; ) await pause(20);
    expect(extra()).to.eql([]);
    expect(clock.pending).to.equal(0);
    const left = await readdir(sockets, { withFileTypes: true });
    expect(left.filter((entry) => !entry.isDirectory())).to.eql([]);
    expect(lines.filter((line) => line.includes("ending a worker"))).to.eql([]);
    await (await openEmbeddedStore({ folder: dataDir, clock: new ManualClock() })).close();
  }

  /** Handles that were not there before. Those of child processes count too. */
  function extra(): string[] {
    const rest = [...before];
    return handles().filter((name) => {
      const at = rest.indexOf(name);
      if (at !== -1) rest.splice(at, 1);
      return at === -1;
    });
  }

  describe("that cannot start leaves nothing behind", () => {
    it("without a usable secret", async () => {
      const config = { production: true, jwtSecret: "short" };
      expect((await failing({ config })).message).to.contain("JWT_SECRET");
    });

    it("with a wrong address of the JWKS", async () => {
      const config = { jwtSecret: undefined, jwksUrl: "nowhere" };
      expect((await failing({ config })).message).to.contain("JWKS_URL");
    });

    it("with a file in the place of its data", async () => {
      const file = path.join(folder, "file");
      await writeFile(file, "");
      expect((await failing({ config: { dataDir: file } })).message).to.contain("EEXIST");
    });

    it("with a Redis URL of no known form", async () => {
      expect((await failing({ config: { redisUrl: "http://redis" } })).message).to.contain("REDIS_URL");
    });

    it("when the records of commands cannot be opened", async () => {
      expect((await failing({ clock: new FailingClock(60_000) })).message).to.equal("no timer");
    });

    it("when authentication cannot start", async () => {
      expect((await failing({ clock: new FailingClock(600_000) })).message).to.equal("no timer");
    });

    it("with an app that fails to start while another is still starting", async () => {
      let isRunning = false;
      const slow = anApp("slow", async ({ store }) => {
        await pause(50);
        await store.collection(defineCollection({ name: "slow", schema: z.object({ id: z.string() }), indexes: {} }));
        isRunning = true;
      });
      const broken = anApp("broken", () => Promise.reject(new Error("an app is broken")));
      expect((await failing({ apps: [slow, broken] })).message).to.equal("an app is broken");
      expect(isRunning).to.equal(true);
    });

    it("with demo data that cannot be inserted", async () => {
      const seeds = [() => Promise.reject(new HubError("unavailable"))];
      const error = await failing({ config: { seedDemo: true }, apps: [anApp("things", undefined, { seeds })] });
      expect(error).to.be.instanceOf(HubError);
    });

    it("with a namespace that is no pattern", async () => {
      const wrong: Channel = { ...aChannel(), namespace: "/things/{(}{id}" };
      const error = await failing({ apps: [anApp("things", undefined, { channels: [wrong] })] });
      expect(error.message).to.contain("regular expression");
    });

    it("when delivery cannot start", async () => {
      const taken = anApp("things", async ({ store }) => {
        const schema = z.object({ id: z.string() });
        await store.collection(defineCollection({ name: "publications", schema, indexes: {} }));
      });
      expect((await failing({ apps: [taken] })).message).to.contain("publications is declared twice");
    });

    it("with two equal routes", async () => {
      const routes = [aRoute(), aRoute()];
      const error = await failing({ apps: [anApp("things", undefined, { routes })] });
      expect(error.message).to.contain("two routes claim GET /api/things");
    });

    it("with a channel at a wrong path", async () => {
      const wrong: Channel = { ...aChannel(), path: "/ws/(" };
      const error = await failing({ apps: [anApp("things", undefined, { channels: [wrong] })] });
      expect(error.message).to.contain("regular expression");
    });

    it("with a port that is taken, the other one and the link to Redis being open", async () => {
      const redis = await startBrokenRedis();
      before = handles();
      const doors = [0, redis.port].map((port) => ({ port, apps: [] }));
      const error = await failing({ config: { doors, redisUrl: redis.url } });
      expect(error.message).to.contain(`Port ${redis.port} is taken`);
      expect(await redis.close()).to.equal(0);
    });

    it("with a socket for new clients that cannot be made, that of the sessions being open", async () => {
      // A folder that is not empty cannot be removed as an old socket.
      await mkdir(path.join(sockets, "w1.0.entrance", "inner"), { recursive: true });
      const error = await failing({ config: { sockets, worker: "w1" } });
      expect(error.message).to.contain("w1.0.entrance");
    });
  });

  it("that is closed leaves nothing behind, also the second time", async () => {
    const clock = new ManualClock();
    const redis = await startBrokenRedis();
    before = handles();
    const config = { seedDemo: true, redisUrl: redis.url };
    const junction = await start({ config, clock });
    await Promise.all([junction.close(), junction.close()]);
    await junction.close();
    await nothingIsLeft(clock);
    expect(await redis.close()).to.equal(0);
  });

  it("that has drained leaves nothing behind", async () => {
    const clock = new ManualClock();
    const junction = await start({ config: { sockets, worker: "w1" }, clock });
    expect(await readdir(sockets)).to.have.length(2);
    const drained = junction.drain();
    let isOver = false;
    void drained.then(() => {
      isOver = true;
    });
    while (!isOver) {
      clock.advance(250);
      await pause(5);
    }
    await nothingIsLeft(clock);
  });
});

function anApp(
  name = "things",
  start: (server: AppServer) => Promise<void> = async () => {},
  parts: Partial<RunningApp> = {},
): App {
  return {
    name,
    options: undefined,
    async start(server) {
      await start(server);
      const channels = [aChannel({ app: name, namespace: `/${name}` })];
      return { name, channels, routes: [], ingest: new Map(), seeds: [], ...parts };
    },
  };
}

function aRoute() {
  return defineRoute({
    method: "get",
    path: "/api/things",
    summary: "Things",
    credential: "none",
    response: z.object({}),
    handle: async () => ({}),
  });
}

/** Starts a server that refuses every command: a link to it keeps trying until it is ended. */
async function startBrokenRedis() {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("error", () => {});
    socket.end("-ERR broken\r\n", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    /** Resolves to the number of connections that are still made. */
    async close() {
      expect(connections).to.be.above(0);
      connections = 0;
      await pause(TRYING_MS);
      await new Promise((resolve) => server.close(resolve));
      return connections;
    },
  };
}

function handles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => name !== "Immediate" && !name.startsWith("FSReq"));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
