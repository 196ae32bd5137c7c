// A second worker on the database of a test: see workers.ts, which starts it and talks to it.
import { systemClock } from "../../../src/hub/clock.ts";
import type { Message } from "../../../src/hub/message.ts";
import { openStore } from "../../../src/store/open.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { aMessage, declareThings } from "./bench.ts";

const { location, name, count } = JSON.parse(process.env.WORKER ?? "");
const relayed: Message[] = [];
const relay: Relay = async (messages) => {
  relayed.push(...messages.map(({ message }) => message));
  return {};
};
const store = await openStore({ ...location, relay, clock: systemClock });
const things = await store.collection(declareThings(name));

process.on("message", async (order: "go" | "end" | { id: number }) => {
  if (typeof order === "object") return void process.send?.({ got: await things.get(order.id) });
  if (order === "go") process.send?.(await run());
  await store.close();
  process.disconnect();
});
process.send?.("ready");

async function run() {
  const times = Array.from({ length: count });
  const numbers = Promise.all(times.map(() => store.next(name)));
  const results: number[] = [];
  // Ten at a time, so that there are many batches to collide.
  while (results.length < count) {
    const changes = times.slice(0, 10).map(() =>
      things.modify(1, (thing) => {
        const result = thing.count + 1;
        return { next: { ...thing, count: result }, messages: [aMessage("counted", { result })], result };
      }),
    );
    results.push(...(await Promise.all(changes)));
  }
  return { results, numbers: await numbers, relayed };
}
