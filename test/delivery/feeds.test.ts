import { once } from "node:events";
import { expect } from "chai";
import type { Publication } from "../../src/hub/message.ts";
import { FeedsRig, type TestMember } from "./rig.ts";

describe("class log on a worker", () => {
  let rig: FeedsRig;

  beforeEach(async () => {
    rig = await FeedsRig.open();
  });
  afterEach(() => rig.close());

  /** Resolves when a member has been shown so many things. */
  async function shown(member: TestMember, count: number): Promise<void> {
    while (member.shown.length < count) await new Promise((resolve) => setImmediate(resolve));
  }

  it("shows what comes after a member is in, and nothing from before", async () => {
    await rig.publish(["a"], "one");
    const ann = rig.member();
    expect(await rig.follow(ann, "a")).to.eql({});
    await rig.publish(["a"], "two", "three");
    await rig.publish(["b"], "elsewhere");
    expect(ann.shown).to.eql(["in", "2 two", "3 three"]);
  });

  it("shows in the order of the places what comes in another", async () => {
    const ann = rig.member();
    await rig.follow(ann, "a");
    const copies = await rig.log(["a"], "one", "two", "three");
    for (const i of [2, 0, 1]) if (copies[i]) rig.feeds.receive(copies[i]);
    expect(ann.shown).to.eql(["in", "1 one", "2 two", "3 three"]);
  });

  it("reads what does not come from the log", async () => {
    const ann = rig.member();
    await rig.follow(ann, "a");
    const [, , third] = await rig.log(["a"], "one", "two", "three");
    if (third) rig.feeds.receive(third);
    await shown(ann, 4);
    expect(ann.shown).to.eql(["in", "1 one", "2 two", "3 three"]);
  });

  it("drops what has come before, and tells of it", async () => {
    const ann = rig.member();
    await rig.follow(ann, "a");
    const [first] = await rig.log(["a"], "one");
    const dropped: unknown[] = [];
    rig.events.on("dropped", (what) => dropped.push(what));
    for (let i = 0; i < 3; i++) if (first) rig.feeds.receive(first);
    expect(ann.shown).to.eql(["in", "1 one"]);
    expect(dropped).to.eql([
      { delivery: "log", reason: "repeat" },
      { delivery: "log", reason: "repeat" },
    ]);
  });

  it("finds what it was never told of, when it is asked to catch up", async () => {
    const [ann, bob] = [rig.member(), rig.member()];
    await rig.follow(ann, "a");
    await rig.follow(bob, "b");
    await rig.log(["a"], "one", "two");
    await rig.feeds.catchUp(0);
    await shown(ann, 3);
    expect([ann.shown, bob.shown]).to.eql([["in", "1 one", "2 two"], ["in"]]);
  });

  describe("to a client that says what it has seen last", () => {
    it("gives what it has missed, and then what comes, with nothing lost or twice between", async () => {
      const texts = Array.from({ length: 900 }, (_, i) => `n${i + 1}`);
      await rig.publish(["a"], ...texts.slice(0, 500));
      const more = texts.slice(500);
      // While it is given what it has missed, more is published and heard.
      rig.onFaultPoint = () => {
        const text = more.shift();
        if (text) void rig.publish(["a"], text);
      };
      const ann = rig.member();
      expect(await rig.follow(ann, "a", { since: 100 })).to.eql({ recovered: true, seq: 500 });
      await shown(ann, 801);
      expect(ann.shown).to.eql(["in", ...texts.map((text, i) => `${i + 1} ${text}`).slice(100)]);
    });

    it("does not give it what is in the log and yet to be shown to all: that comes once, when it is heard", async () => {
      const texts = Array.from({ length: 300 }, (_, i) => `n${i + 1}`);
      await rig.publish(["a"], ...texts);
      const ann = rig.member();
      let copies: Promise<Publication[]> | undefined;
      rig.onFaultPoint = () => {
        copies ??= rig.log(["a"], "x", "y");
        rig.beforeRead = copies;
      };
      await rig.follow(ann, "a", { since: 0 });
      for (const copy of (await copies) ?? []) rig.feeds.receive(copy);
      expect(ann.shown.slice(-3)).to.eql(["300 n300", "301 x", "302 y"]);
      expect(ann.shown).to.have.length(303);
    });

    it("loses nothing that is heard at the moment when it has all", async () => {
      await rig.publish(["a"], "one");
      const ann = rig.member();
      const payload = { text: "two", seq: 2 };
      const about = { namespace: "/things", rooms: ["a"], type: "note", delivery: "log", key: undefined } as const;
      rig.onFaultPoint = () => queueMicrotask(() => rig.feeds.receive({ message: { ...about, payload }, offset: 2 }));
      await rig.follow(ann, "a", { since: 0 });
      expect(ann.shown).to.eql(["in", "1 one", "2 two"]);
    });

    it("does so page by page", async () => {
      const texts = Array.from({ length: 450 }, (_, i) => `n${i + 1}`);
      await rig.publish(["a"], ...texts);
      const ann = rig.member();
      expect(await rig.follow(ann, "a", { since: 0 })).to.eql({ recovered: true, seq: 450 });
      expect(ann.shown.slice(1)).to.eql(texts.map((text, i) => `${i + 1} ${text}`));
    });

    it("says that nothing was missed where nothing was", async () => {
      await rig.publish(["a"], "one");
      const ann = rig.member();
      expect(await rig.follow(ann, "a", { since: 1 })).to.eql({ recovered: true, seq: 1 });
      expect(await rig.follow(rig.member(), "empty", { since: 0 })).to.eql({ recovered: true, seq: 0 });
      expect(ann.shown).to.eql(["in"]);
    });

    it("says so when that is too long ago, or has never been, and goes on from the newest", async () => {
      await rig.publish(["a"], "one", "two", "three");
      await rig.store.log.trim(() => ({ messages: 1, ms: 60_000 }));
      const [ann, bob] = [rig.member(), rig.member()];
      expect(await rig.follow(ann, "a", { since: 1 })).to.eql({ recovered: false, seq: 3 });
      expect(await rig.follow(bob, "a", { since: 9 })).to.eql({ recovered: false, seq: 3 });
      await rig.publish(["a"], "four");
      expect([ann.shown, bob.shown]).to.eql([
        ["in", "4 four"],
        ["in", "4 four"],
      ]);
    });

    it("has seen more on another worker than has come here: it comes back to no repetition", async () => {
      const ann = rig.member();
      await rig.follow(ann, "a");
      const copies = await rig.log(["a"], "one", "two");
      const bob = rig.member();
      expect(await rig.follow(bob, "a", { since: 2 })).to.eql({ recovered: true, seq: 2 });
      for (const copy of copies) rig.feeds.receive(copy);
      await rig.publish(["a"], "three");
      expect(bob.shown).to.eql(["in", "3 three"]);
      expect(ann.shown).to.eql(["in", "1 one", "2 two", "3 three"]);
    });

    it("tells whoever watches", async () => {
      const resumed = once(rig.events, "resumed");
      await rig.follow(rig.member(), "a", { since: 0 });
      expect(await resumed).to.eql([{ namespace: "/things", recovered: true }]);
    });
  });

  it("goes on for a member that joins once more, without losing what comes meanwhile", async () => {
    const ann = rig.member();
    await rig.follow(ann, "a");
    const copies = await rig.log(["a"], "one", "two");
    const again = rig.follow(ann, "a");
    for (const copy of copies) rig.feeds.receive(copy);
    await again;
    await rig.publish(["a"], "three");
    expect(ann.shown.filter((text) => text !== "in")).to.eql(["1 one", "2 two", "3 three"]);
  });

  it("lets nobody in whose confirmation fails, and keeps nothing of it", async () => {
    const ann = rig.member();
    const refusal = new Error("not for you");
    const confirm = (): Promise<void> => Promise.reject(refusal);
    const thrown = await rig.feeds.subscribe(ann, "a", { confirm }).catch((error: unknown) => error);
    expect(thrown).to.equal(refusal);
  });

  it("does not hold back a client that leaves while it is given what it has missed", async () => {
    await rig.publish(["a"], "one", "two", "three");
    const ann = rig.member();
    rig.onFaultPoint = () => rig.feeds.unsubscribe(ann, "a");
    await rig.follow(ann, "a", { since: 0 });
    expect(ann.shown).to.eql(["in", "1 one"]);
  });

  describe("of a message to several rooms", () => {
    it("shows it once to who is in several, with its place in the first of its rooms", async () => {
      const [both, second] = [rig.member(), rig.member()];
      await rig.publish(["a"], "zero");
      await rig.follow(both, "b");
      await rig.follow(both, "a");
      await rig.follow(second, "b");
      await rig.publish(["a", "b"], "one");
      expect(both.shown).to.eql(["in", "in", "2 one"]);
      expect(second.shown).to.eql(["in", "1 one"]);
    });

    it("does not give it again to who comes to the other room and asks for what was missed", async () => {
      const ann = rig.member();
      await rig.follow(ann, "b");
      await rig.publish(["a", "b"], "one");
      await rig.publish(["a"], "two");
      expect(await rig.follow(ann, "a", { since: 0 })).to.eql({ recovered: true, seq: 2 });
      expect(ann.shown).to.eql(["in", "1 one", "in", "2 two"]);
    });

    it("shows it once also where it was read from the log", async () => {
      const both = rig.member();
      await rig.follow(both, "a");
      await rig.follow(both, "b");
      await rig.log(["a", "b"], "one");
      await rig.feeds.catchUp(0);
      await shown(both, 3);
      await rig.publish(["b"], "two");
      await shown(both, 4);
      expect(both.shown).to.eql(["in", "in", "1 one", "2 two"]);
    });
  });
});
