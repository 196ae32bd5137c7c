import { startHub } from "../support/hub.ts";

/** What the process that abuses this hub is told of it. */
export interface Measurement {
  /** Bytes of the heap that are in use after everything that can go is gone. */
  readonly heapUsed: number;
  readonly connections: number;
  readonly timers: number;
}

export interface Address {
  readonly url: string;
  readonly token: string;
  readonly apiKey: string;
}

// A hub in a process of its own, so that nothing is measured but it; run with --expose-gc. Sends its address, then a
// measurement for every message it gets.
const hub = await startHub({ file: { doors: [{ port: 0, apps: ["vehicles", "events"] }] } });
const address: Address = { url: hub.url, token: await hub.token("customer"), apiKey: hub.apiKey };

process.on("message", async () => {
  // Sliding windows are forgotten when they have slid out; the log of a test hub is only ever added to.
  hub.clock.advance(60_000);
  (hub.lines as string[]).length = 0;
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  const measurement: Measurement = {
    heapUsed: process.memoryUsage().heapUsed,
    connections: hub.hub.connections.size,
    timers: hub.clock.pending,
  };
  process.send?.(measurement);
});
process.on("disconnect", () => void hub.stop());
process.send?.(address);
