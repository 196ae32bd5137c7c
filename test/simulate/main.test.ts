import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { optionsFrom } from "../../simulate/options.ts";
import { COSTS, resultsOf } from "./fixtures.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

async function simulate(...args: string[]): Promise<{ code: number; text: string }> {
  const command = ["--import", "tsx", "simulate/main.ts", ...args];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: ROOT });
    return { code: 0, text: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}

describe("npm run simulate", () => {
  it("explains itself", async () => {
    const { code, text } = await simulate("--help");
    expect(code).to.equal(0);
    for (const option of ["--connections", "--rooms", "--door", "--calibrate", "--check"])
      expect(text).to.include(option);
  });

  it("says what a demand needs, and where its costs come from", async () => {
    const { code, text } = await simulate("--connections", "1e5", "--rate", "0.1");
    expect(code).to.equal(0);
    expect(text).to.include("100,000 connections in 5,000 rooms of 20");
    expect(text).to.match(/Costs from bench\/results\/\S+\.json/);
    expect(text).to.match(/^workers +\d+/m);
  });

  it("ends with 1 when predictions are not what was measured", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "junction-simulate-"));
    try {
      const { results } = resultsOf({
        ...COSTS,
        doors: { ...COSTS.doors, plain: { ...COSTS.doors.plain, writeUs: 70 } },
      });
      const file = path.join(folder, "results.json");
      await writeFile(file, JSON.stringify(results));
      const { code, text } = await simulate("--check", file);
      expect(code).to.equal(1);
      expect(text).to.match(/locations +\| junction-plain/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("names what is wrong with its arguments", () => {
    expect(() => optionsFrom(["--door", "back"])).to.throw("--door is plain or socketio, not back");
    expect(() => optionsFrom(["--connections", "many"])).to.throw("--connections is a number from 1");
    expect(() => optionsFrom(["--rooms", "5", "--members", "5"])).to.throw("not both");
    expect(() => optionsFrom(["--windows", "5"])).to.throw("--windows");
  });

  it("knows how many are in a room when it is told how many rooms there are", () => {
    const options = optionsFrom(["--connections", "1e6", "--rooms", "1000"]);
    expect(options).to.have.nested.property("demand.members", 1_000);
  });
}).timeout(60_000);
