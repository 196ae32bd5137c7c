import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import type { RunningContender } from "../../bench/contenders/contender.ts";
import { type ContenderName, contenderOf } from "../../bench/contenders/index.ts";
import { Crowd } from "../../bench/load/crowd.ts";
import { publish } from "../../bench/load/publishing.ts";
import { Target } from "../../bench/load/target.ts";
import { until } from "../support/until.ts";

const CONTENDERS: ContenderName[] = ["junction-plain", "junction-socketio"];

describe("the benchmark, on a worker of its own", () => {
  let folder: string;
  let running: RunningContender | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "junction-bench-test-"));
  });

  afterEach(async () => {
    await running?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const name of CONTENDERS) {
    it(`counts every message that ${name} publishes to its clients`, async () => {
      running = await contenderOf(name).start({ workers: 1, folder, redisUrl: undefined });
      const target = new Target(running.target);
      const crowd = new Crowd(target, { sampleEvery: 1, ordered: true });
      const rooms = ["a", "b"];
      await crowd.join(["a", "b", "a", "b", "a", "b"], { concurrency: 3 });
      const plan = { rooms, roomsPerTick: 1, perTick: 3, pace: { outstanding: 4 } };
      const publishing = publish(target, plan, crowd);
      await until("the crowd has heard a few ticks", () => crowd.total >= 100);
      const sent = await publishing.stop();
      // It rejects when a message is lost, doubled, or out of its order.
      await crowd.hasReceived(sent);
      expect(crowd.total).to.equal(3 * ((sent.a ?? 0) + (sent.b ?? 0)));
      crowd.cut();
    });
  }
});
