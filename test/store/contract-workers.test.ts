import { onEveryStore } from "./contract/bench.ts";
import { logWorkers } from "./contract/log-workers.ts";
import { workers } from "./contract/workers.ts";

// The part of the contract that several processes prove, which take their time to start.
onEveryStore((bench) => {
  logWorkers(bench);
  workers(bench);
});
