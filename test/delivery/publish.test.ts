import { expect } from "chai";
import { Delivery } from "../../src/delivery/delivery.ts";
import { openPublications } from "../../src/delivery/publications.ts";
import { systemClock } from "../../src/hub/clock.ts";
import { HubError } from "../../src/hub/errors.ts";
import { HubEvents } from "../../src/hub/events.ts";
import type { Message, Publication } from "../../src/hub/message.ts";
import type { Store } from "../../src/store/collection.ts";
import type { RoomLog } from "../../src/store/log.ts";
import { temporaryStore } from "../support/http-server.ts";

function aMessage(delivery: Message["delivery"], rooms = ["a"], id?: string): Message {
  return { namespace: "/things", rooms, type: "note", payload: {}, delivery, key: undefined, ...(id && { id }) };
}

describe("delivery on a worker", () => {
  let store: Store;
  let remove: () => Promise<void>;
  let stop: () => Promise<void>;
  let delivery: Delivery;
  /** What the log of the rooms does instead of its own work. */
  let log: Partial<RoomLog>;
  let lookups: number;
  let published: Publication[];
  let delivered: Message[];

  beforeEach(async () => {
    // Without a relay: as long as no target is named the messages stay in their outboxes.
    ({ store, remove } = await temporaryStore(() => Promise.reject(new HubError("unavailable"))));
    const events = new HubEvents();
    const { keep, stop: end } = await openPublications(store, systemClock, events);
    stop = end;
    log = {};
    lookups = 0;
    published = [];
    delivered = [];
    delivery = new Delivery({
      log: {
        append: (...args) => (log.append ?? store.log.append.bind(store.log))(...args),
        read: (...args) => store.log.read(...args),
        newest: (...args) => store.log.newest(...args),
        positions(...args) {
          lookups++;
          return (log.positions ?? store.log.positions.bind(store.log))(...args);
        },
        writtenSince: (...args) => store.log.writtenSince(...args),
        trim: (...args) => store.log.trim(...args),
      },
      keep,
      clock: systemClock,
      events,
      fanout: { deliver: (message) => void delivered.push(message) },
      peers: {
        publish(publication) {
          published.push(publication);
          return undefined;
        },
      },
    });
    store.relayTo(delivery);
  });
  afterEach(async () => {
    await delivery.close();
    await stop();
    await remove();
  });

  it("publishes a message of class log to its peers and resolves to its positions, without a look at the log", async () => {
    expect(await delivery.publish(aMessage("log", ["a", "b"]))).to.eql([
      { room: "a", offset: 1 },
      { room: "b", offset: 1 },
    ]);
    expect(await delivery.publish(aMessage("log", ["b"]))).to.eql([{ room: "b", offset: 2 }]);
    expect(published.map(({ offset }) => offset)).to.eql([1, 1, 2]);
    expect(lookups).to.equal(0);
  });

  it("publishes a message with the same id once, and resolves to the same positions", async () => {
    const first = await delivery.publish(aMessage("log", ["a"], "one"));
    expect(await delivery.publish(aMessage("log", ["a"], "one"))).to.eql(first);
    expect(published).to.have.length(1);
  });

  it("resolves to no position while the message is stored and the log cannot be written or read", async () => {
    const unavailable = () => Promise.reject(new HubError("unavailable"));
    log = { append: unavailable, positions: unavailable };
    expect(await delivery.publish(aMessage("log"))).to.eql([]);
  });

  it("broadcasts the other classes to its peers, and delivers them here alone where each worker gets them", () => {
    delivery.broadcast(aMessage("volatile"));
    delivery.broadcast(aMessage("latest"));
    expect([published.length, delivered.length]).to.eql([2, 2]);
    delivery.deliver(aMessage("volatile"));
    expect([published.length, delivered.length]).to.eql([2, 3]);
  });

  it("refuses a message whose class the verb is not for", async () => {
    const refusal = await delivery.publish(aMessage("volatile")).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(Error).with.property("message", "note is of class volatile: broadcast it");
    expect(() => delivery.broadcast(aMessage("log"))).to.throw("note is of class log: publish it");
    expect(() => delivery.deliver(aMessage("log"))).to.throw("note is of class log: publish it");
  });
});

describe("a store without a target", () => {
  it("keeps the messages of its changes and relays them to the target that is named later", async () => {
    const { store, remove } = await temporaryStore(() => Promise.reject(new HubError("unavailable")));
    try {
      const { keep, stop } = await openPublications(store, systemClock, new HubEvents());
      await keep({ ...aMessage("log"), id: "one" });
      const relayed = new Promise<string[]>((resolve) => {
        store.relayTo({
          async relay(messages) {
            resolve(messages.map(({ id }) => id));
            return {};
          },
        });
      });
      expect(await relayed).to.eql(["one"]);
      await stop();
    } finally {
      await remove();
    }
  });
});
