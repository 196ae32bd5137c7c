// Writes until it is killed: see crash.test.ts, which starts it. Argument: the folder. Says on standard output what was
// relayed (`r <id> <count> <message id>`) and what was acknowledged (`a <id> <count>`), each once it has been.
import { systemClock } from "../../../src/hub/clock.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/store.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { aMessage, declareThings, type Thing } from "../contract/bench.ts";

const DOCUMENTS = 4;

const folder = process.argv[2] ?? "";
const say = (...words: unknown[]): void => {
  process.stdout.write(`${words.join(" ")}\n`);
};
const relay: Relay = async (messages) => {
  for (const { id, message } of messages) say("r", message.payload.id, message.payload.count, id);
  return {};
};
const store = await openEmbeddedStore({ folder, relay, clock: systemClock });
const things = await store.collection(declareThings("things"));

for (let id = 1; id <= DOCUMENTS; id++) void write(id);

/** Touches the document, entries of several indexes and the messages with every write. */
async function write(id: number): Promise<void> {
  for (;;) {
    const counts = await Promise.all([things.modify(id, step), things.modify(id, step)]);
    for (const count of counts) say("a", id, count);
  }
}

function step(thing: Thing) {
  const count = thing.count + 1;
  const next = { ...thing, count, rank: count, kind: `kind ${count % 3}`, tags: [`a${count}`, `b${count}`] };
  return { next, messages: [aMessage("counted", { id: thing.id, count })], result: count };
}
