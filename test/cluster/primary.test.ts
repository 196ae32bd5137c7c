import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "chai";
import { isAlive, TestCluster } from "../support/cluster.ts";
import { until } from "../support/until.ts";

describe("npm run cluster", function () {
  this.timeout(60_000);
  const clusters: TestCluster[] = [];

  async function start(...args: Parameters<typeof TestCluster.start>): Promise<TestCluster> {
    const cluster = await TestCluster.start(...args);
    clusters.push(cluster);
    return cluster;
  }

  async function spawn(...args: Parameters<typeof TestCluster.spawn>): Promise<TestCluster> {
    const cluster = await TestCluster.spawn(...args);
    clusters.push(cluster);
    return cluster;
  }

  afterEach(async () => {
    await Promise.all(clusters.splice(0).map((cluster) => cluster.stop()));
  });

  describe("while it runs", () => {
    let cluster: TestCluster;
    before(async () => {
      cluster = await TestCluster.start({ env: { PORT: "", HUB_DOORS: "0:vehicles;0:events" } });
    });
    after(() => cluster.stop());

    it("serves every door through nginx, with its workers on loopback behind it", async () => {
      expect(cluster.urls).to.have.length(2);
      const workers = new Set<string>();
      await until("both workers answer", async () => {
        const response = await fetch(`${cluster.url}/healthz`);
        expect(response.headers.get("server")).to.equal("nginx");
        workers.add(((await response.json()) as { worker: string }).worker);
        return workers.has("w1") && workers.has("w2");
      });
      for (const url of cluster.urls) {
        const ready = await fetch(`${url}/readyz`);
        expect(await ready.json()).to.eql({ status: "ready", reasons: [] });
      }
      expect(cluster.output).to.contain("Demo credentials");
    });

    it("starts a worker again that was killed, and goes on serving meanwhile", async () => {
      const killed = cluster.pidOf("w1");
      process.kill(killed, "SIGKILL");
      await until("w1 is back", async () => {
        expect((await fetch(`${cluster.url}/healthz`)).status).to.equal(200);
        return isAlive(cluster.pidOf("w1") ?? killed) && cluster.pidOf("w1") !== killed;
      });
      await until("w1 answers", async () => {
        const { worker } = (await (await fetch(`${cluster.url}/healthz`)).json()) as { worker: string };
        return worker === "w1";
      });
      expect(cluster.output).to.contain("w1 ended (SIGKILL); it starts again in");
    });

    it("starts nginx and Redis again when they die", async () => {
      const before = cluster.state.helpers;
      for (const { pid } of before) process.kill(pid, "SIGKILL");
      await until("both are back", () => {
        const { helpers } = cluster.state;
        return helpers.length === 2 && helpers.every(({ pid }, i) => pid !== before[i]!.pid && isAlive(pid));
      });
      await until("the door answers", async () => {
        const response = await fetch(`${cluster.url}/healthz`).catch(() => undefined);
        return response?.status === 200;
      });
    });

    it("refuses a second cluster on the same data folder", async () => {
      const second = await cluster.command();
      expect(second.code).to.equal(1);
      expect(second.output).to.contain("runs already");
    });

    it("knows --help and no other option, and keeps the data of a cluster that runs", async () => {
      expect(await cluster.command("--help")).to.include({ code: 0 });
      const wrong = await cluster.command("--fast");
      expect(wrong.code).to.equal(1);
      expect(wrong.output).to.contain("There is no option --fast").and.contain("npm run cluster");
      const second = await cluster.command("--fresh");
      expect(second.output).to.contain("runs already");
    });
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`ends all that it started on ${signal}, and leaves nothing behind`, async () => {
      const cluster = await start();
      const { workers, helpers } = cluster.state;
      expect(workers).to.have.length(2);
      expect(helpers).to.have.length(2);
      cluster.signal(signal);
      expect(await cluster.exited).to.equal(0);
      expect([...workers, ...helpers].filter(({ pid }) => isAlive(pid))).to.eql([]);
      expect(() => cluster.state).to.throw("ENOENT");
    });
  }

  it("ends its workers even when it is killed itself, and the next one ends what else was left", async () => {
    const cluster = await start();
    const { workers, helpers } = cluster.state;
    cluster.signal("SIGKILL");
    await until("the workers have ended", () => workers.every(({ pid }) => !isAlive(pid)));
    const next = cluster.command();
    await until("nginx and Redis have ended", () => helpers.every(({ pid }) => !isAlive(pid)));
    await until("the next one serves", () => cluster.state.helpers.every(({ pid }) => isAlive(pid)));
    process.kill(cluster.state.pid, "SIGINT");
    expect((await next).code).to.equal(0);
  });

  it("ends with a worker's own last output when it ends at start again and again", async () => {
    const cluster = await spawn({ workers: 1, env: { NODE_ENV: "production", JWT_SECRET: "short" } });
    expect(await cluster.exited).to.equal(1);
    expect(cluster.output).to.match(/Worker w\d ended at start\. Its last output:\nJWT_SECRET is too short/);
  });

  it("names what is wrong with the configuration by its path", async () => {
    const cluster = await spawn({ file: { nginx: { bodyKilobytes: 0 } } });
    expect(await cluster.exited).to.equal(1);
    expect(cluster.output).to.contain("cluster.config.ts is wrong").and.contain("nginx.bodyKilobytes");
  });

  it("says so when a port is taken", async () => {
    const squatter = createServer().listen(0);
    await once(squatter, "listening");
    const { port } = squatter.address() as { port: number };
    const cluster = await spawn({ env: { PORT: String(port) } });
    expect(await cluster.exited).to.equal(1);
    expect(cluster.output).to.contain(`Port ${port} is taken`);
    squatter.close();
  });

  it("says in one line what to install", async () => {
    const cluster = await spawn({ env: { PATH: "/nowhere" } });
    expect(await cluster.exited).to.equal(1);
    expect(cluster.output.trim()).to.match(/^The cluster needs [\w-]+: sudo apt-get install [\w-]+.*$/);
  });
});
