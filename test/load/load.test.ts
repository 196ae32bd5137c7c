import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect } from "chai";
import type { App } from "../../src/app.ts";
import { APPS } from "../../src/apps/index.ts";
import { listen } from "../support/http-server.ts";
import { startHub, type TestHub } from "../support/hub.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** The first run installs Artillery where it is missing. */
const INSTALL_MS = 300_000;

/** `npm run load -- …`, with the demo users. */
async function load(...args: string[]): Promise<{ status: number; output: string }> {
  const { JWT_SECRET: _, API_KEY: __, ...env } = process.env;
  const child = spawn(process.execPath, ["load/run.mjs", ...args], { cwd: ROOT, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [status] = await once(child, "close");
  return { status, output };
}

describe("npm run load", function () {
  this.timeout(INSTALL_MS);
  let hub: TestHub | undefined;

  afterEach(async () => {
    await hub?.stop();
    hub = undefined;
  });

  it("finds that a hub answers every app's clients as it should, on both doors", async () => {
    hub = await startHub();
    const { status, output } = await load("all", "--url", hub.url, "--duration", "1", "--rate", "12");
    expect(status, output).to.equal(0);
    for (const { name } of APPS) expect(output).to.include(`${name} at ${hub.url}`);
    expect(output)
      .to.match(/hub\.connections\.plain: \.* [1-9]/)
      .and.match(/hub\.connections\.socketio: \.* [1-9]/);
    expect(output).not.to.match(/^errors\./m);
  });

  for (const door of ["plain", "socketio"]) {
    it(`fails when an answer does not come (${door})`, async () => {
      hub = await startHub({ apps: APPS.map((app) => (app.name === "parking" ? deaf(app) : app)) });
      const { status, output } = await load("parking", "--url", hub.url, "--door", door, "--duration", "1");
      expect(output).to.include("no subscribed as expected: none came").and.include("fail: vusers.failed < 1");
      expect(output).to.include("FAILED: parking");
      expect(status).to.equal(1);
    });
  }

  it("says what to do when nobody can log in, or has done so too often", async () => {
    for (const [status, advice] of [
      [401, "JWT_SECRET"],
      [429, "wait a minute"],
    ] as const) {
      const { url, close } = await listen(({ url }, response) =>
        response.writeHead(url === "/healthz" ? 200 : status).end(),
      );
      const ended = await load("events", "--url", url);
      await close();
      expect(ended.output).to.include(advice);
      expect(ended.status).to.equal(1);
    }
  });

  it("says what to do when no hub answers", async () => {
    const { status, output } = await load("events", "--url", "http://127.0.0.1:9");
    expect(output).to.include("No hub answers at http://127.0.0.1:9").and.include("npm start");
    expect(status).to.equal(1);
  });

  it("explains itself, and says what is wrong with its arguments", async () => {
    const help = await load("--help");
    expect(help.status).to.equal(0);
    for (const { name } of APPS) expect(help.output).to.include(name);
    for (const [args, complaint] of [
      [[], "Which app?"],
      [["evnts"], 'There is no app "evnts"'],
      [["events", "--door", "back"], "--door must be plain, socketio, both"],
      [["events", "--rate", "fast"], "--rate must be a whole number above 0"],
      [["events", "--duration", "86400"], "--duration must be a whole number from 1 to 1700"],
    ] as const) {
      const wrong = await load(...args);
      expect(wrong.output).to.include(complaint).and.include("npm run load -- APP");
      expect(wrong.status).to.equal(1);
    }
  });
});

/** An app that hears what its clients send, and does nothing. */
function deaf(app: App): App {
  return {
    ...app,
    async start(tools) {
      const running = await app.start(tools);
      const channels = running.channels.map((channel) => ({
        ...channel,
        on: new Map([...channel.on.keys()].map((type) => [type, () => {}])),
      }));
      return { ...running, channels };
    },
  };
}
