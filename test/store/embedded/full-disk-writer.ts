// Writes to a disk that fills up: see crash.test.ts, which starts it with a limit on the size of its files.
// Argument: the folder. Says on standard output what became of it.
import { HubError } from "../../../src/hub/errors.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/store.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { aMessage, aThing, declareThings } from "../contract/bench.ts";

let relayed = 0;
const relay: Relay = async (messages) => {
  relayed += messages.length;
  return {};
};
// Nothing is relayed again, or tidied before the end.
const clock = new ManualClock();
const store = await openEmbeddedStore({ folder: process.argv[2] ?? "", relay, clock });
const things = await store.collection(declareThings("full"));

let written = 0;
let refused = 0;
while (refused < 100) {
  const inserts = Array.from({ length: 20 }, (_, at) => {
    const thing = aThing(`${written} ${refused} ${at}`, { extra: "x".repeat(2_000) });
    return things.insert(thing, [aMessage("inserted")]);
  });
  for (const outcome of await Promise.allSettled(inserts)) {
    if (outcome.status === "fulfilled") written++;
    else if (outcome.reason instanceof HubError && outcome.reason.code === "unavailable") refused++;
    else throw outcome.reason;
  }
}
console.log(JSON.stringify({ written, relayed, counted: await things.count("byId", {}) }));
await store.close();
