import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { z } from "zod";
import config from "../../cluster.config.ts";

const dependency = z.record(z.string(), z.strictObject({ condition: z.enum(["service_healthy", "service_started"]) }));
const service = z.strictObject({
  image: z.string().optional(),
  build: z.strictObject({ context: z.string(), target: z.string() }).optional(),
  restart: z.enum(["no", "always", "unless-stopped", "on-failure"]).optional(),
  init: z.boolean().optional(),
  ports: z.array(z.string().regex(/^\d+:\d+$/)).optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  environment: z.record(z.string(), z.string()).optional(),
  command: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  deploy: z.strictObject({ replicas: z.number().int() }).optional(),
  depends_on: dependency.optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()),
      interval: z.string(),
      timeout: z.string(),
      retries: z.number(),
      start_period: z.string().optional(),
    })
    .optional(),
});
/** The part of the Compose specification that this file uses. */
const compose = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.strictObject({})),
});

describe("docker-compose.yml", () => {
  const { services, volumes } = compose.parse(parse(readFileSync("docker-compose.yml", "utf8")));
  const dockerfile = readFileSync("Dockerfile", "utf8");

  it("is one that docker compose takes, where it is installed", () => {
    const env = { ...process.env, JWT_SECRET: "x" };
    if (spawnSync("docker", ["compose", "version"]).status !== 0) return;
    execFileSync("docker", ["compose", "config", "--quiet"], { env });
  });

  it("has nginx, three workers, Redis 7 and MongoDB 8 as a replica set", () => {
    expect(Object.keys(services)).to.eql(["nginx", "worker", "redis", "mongo"]);
    expect(services.worker!.deploy).to.eql({ replicas: 3 });
    expect(services.redis!.image).to.equal("redis:7");
    expect(services.mongo!.image).to.equal("mongo:8");
    expect(services.mongo!.command).to.include("--replSet");
  });

  it("names only services, volumes and build stages that there are", () => {
    for (const { build, depends_on = {}, volumes: mounts = [] } of Object.values(services)) {
      expect(Object.keys(services)).to.include.members(Object.keys(depends_on));
      expect(Object.keys(volumes)).to.include.members(mounts.map((mount) => mount.split(":")[0]!));
      if (build) expect(dockerfile).to.match(new RegExp(`AS ${build.target}$`, "m"));
    }
  });

  it("publishes the ports of the doors", () => {
    const ports = (config.doors ?? []).map(({ port }) => `${port}:${port}`);
    expect(services.nginx!.ports).to.eql(ports);
  });

  it("runs as an ordinary user, with a health check for each part", () => {
    expect(dockerfile)
      .to.match(/^USER node$/m)
      .and.match(/nginx-unprivileged/);
    expect(dockerfile.match(/^HEALTHCHECK/gm)).to.have.length(2);
    expect([services.redis, services.mongo].every((part) => part?.healthcheck)).to.equal(true);
  });

  it("has the same nginx as npm run cluster, and nginx takes it", async () => {
    const text = execFileSync(process.execPath, ["--import", "tsx", "src/bin/render-nginx.ts"], { encoding: "utf8" });
    expect(text).to.contain("server junction-worker-3:3000").and.contain('"~^w3\\." door_3000_w3;');
    // Those names are known only between the containers.
    const folder = await mkdtemp(path.join(tmpdir(), "junction-compose-"));
    const local = text.replaceAll(/junction-worker-\d+/g, "127.0.0.1").replaceAll("/tmp/junction", folder);
    execFileSync("mkdir", ["-p", path.join(folder, "temp")]);
    const env = { PATH: `${process.env.PATH}:/usr/sbin` };
    const args = ["-t", "-q", "-e", path.join(folder, "error.log"), "-c", path.join(folder, "nginx.conf")];
    await writeFile(path.join(folder, "nginx.conf"), local);
    execFileSync("nginx", args, { env });
    await rm(folder, { recursive: true, force: true });
  });
});
