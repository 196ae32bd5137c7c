import { expect } from "chai";
import { notificationCollection } from "../../../src/channels/battery/collections.ts";
import { createInboxes, KEPT } from "../../../src/channels/battery/inboxes.ts";
import type { News } from "../../../src/channels/battery/messages.ts";
import { NOTIFICATIONS } from "../../../src/channels/battery/service.ts";
import type { Outgoing } from "../../../src/hub/publish.ts";
import type { Store } from "../../../src/store/collection.ts";
import { openStore } from "../../../src/store/open.ts";
import { temporaryStore } from "../../support/http-server.ts";
import { startMongo } from "../../support/mongo.ts";

function news(title: string, second = 0): News {
  const timestamp = new Date(Date.UTC(2030, 0, 1) + second * 1_000).toISOString();
  return { type: "notification", title, message: "A message", level: "info", timestamp };
}

function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

const openInboxes = async (store: Store) => {
  const notifications = await store.collection(notificationCollection);
  return { notifications, inboxes: createInboxes(notifications) };
};

describe("the notifications of a user", () => {
  let opened: Awaited<ReturnType<typeof openInboxes>>;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    const temporary = await temporaryStore();
    remove = temporary.remove;
    opened = await openInboxes(temporary.store);
  });
  afterEach(() => remove());

  const titlesOf = async (userId: string, afterSeq = 0) =>
    (await opened.inboxes.list(userId, afterSeq)).map((one) => "title" in one.news && one.news.title);

  it("are numbered from 1, each user's apart, and listed after any number", async () => {
    const { inboxes } = opened;
    for (const title of ["a", "b", "c"]) await inboxes.file("alice", `alice ${title}`, news(title));
    expect((await inboxes.file("bob", "bob a", news("a"))).seq).to.equal(1);
    expect(await titlesOf("alice")).to.eql(["a", "b", "c"]);
    expect((await inboxes.list("alice", 1)).map(({ seq }) => seq)).to.eql([2, 3]);
    expect(await titlesOf("alice", 3)).to.eql([]);
    expect(await titlesOf("carol")).to.eql([]);
  });

  it("are filed once under one id, whoever is at it at the same time", async () => {
    const { inboxes } = opened;
    const filed = await Promise.all(numbers(5).map((n) => inboxes.file("alice", "the same", news(`try ${n}`))));
    expect(new Set(filed.map(({ seq }) => seq))).to.eql(new Set([1]));
    expect(await titlesOf("alice")).to.eql(["try 1"]);
  });

  it("have no gap in their numbers when many are filed at once, in the order in which they came", async () => {
    const { inboxes } = opened;
    await Promise.all(numbers(200).map((n) => inboxes.file("alice", `n ${n}`, news(String(n)))));
    const listed = await inboxes.list("alice", 0);
    expect(listed.map(({ seq }) => seq)).to.eql(numbers(200));
    expect(listed.map(({ id }) => id)).to.eql(numbers(200).map((n) => `n ${n}`));
  });

  it(`are kept to the last ${KEPT}`, async () => {
    const { inboxes, notifications } = opened;
    await Promise.all(numbers(KEPT).map((n) => inboxes.file("alice", `n ${n}`, news(String(n), n))));
    expect(await inboxes.keptSince("alice")).to.equal("");
    await Promise.all(numbers(5, KEPT + 1).map((n) => inboxes.file("alice", `n ${n}`, news(String(n), n))));
    const listed = await inboxes.list("alice", 0);
    expect(listed.map(({ seq }) => seq)).to.eql(numbers(KEPT, 6));
    expect(await notifications.count("bySeq", { equals: ["alice"] })).to.equal(KEPT);
    expect(await inboxes.keptSince("alice")).to.equal(news("", 6).timestamp);
  });

  it("are numbered without gaps by workers that file at once; each sends its own once, in order", async function () {
    // The first to ask for the server may have to wait until it is built.
    this.timeout(400_000);
    const database = await startMongo();
    if ("skipped" in database) {
      console.log(`    skipped: ${database.skipped}`);
      return this.skip();
    }
    const open = async (worker: number) => {
      const sent: Outgoing[] = [];
      const store = await openStore({
        mongodbUrl: database.url,
        dataDir: "",
        relay: (message) => void sent.push(message),
      });
      return { worker, sent, store, ...(await openInboxes(store)) };
    };
    const workers = await Promise.all([1, 2, 3].map(open));
    try {
      await Promise.all(
        workers.flatMap(({ worker, inboxes }) =>
          numbers(15).map((n) => {
            const id = `${n} of worker ${worker}`;
            const facts = { namespace: NOTIFICATIONS, rooms: ["user:alice"], type: "notification" };
            const message: Outgoing = { ...facts, payload: { id }, delivery: "log", key: undefined };
            return inboxes.file("alice", id, news(id), [message]);
          }),
        ),
      );
      const listed = (await workers[0]?.inboxes.list("alice", 0)) ?? [];
      expect(listed.map(({ seq }) => seq)).to.eql(numbers(45));
      for (const { worker, sent } of workers) {
        const own = listed.map(({ id }) => id).filter((id) => id.endsWith(`worker ${worker}`));
        expect(sent.map(({ payload }) => payload.id)).to.eql(own);
      }
    } finally {
      for (const { store } of workers) await store.close();
      await database.stop();
    }
  });
});
