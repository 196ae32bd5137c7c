import { APPS } from "../../src/apps/index.ts";
import type { ConfigFile } from "../../src/config.ts";
import { defineApp, latest, log, publisher, reply, z } from "../../src/index.ts";
import { startHub, type TestHub } from "../support/hub.ts";
import { startMongo } from "../support/mongo.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

/** Workers in this process, with one Redis between them and one database, a MongoDB server with the demo data. */
export interface Workers {
  readonly redis: TestRedis;
  readonly all: readonly TestHub[];
  /** Resolves when every worker has found Redis to be so. */
  becomes(state: "live" | "lost"): Promise<void>;
  stop(): Promise<void>;
}

export async function startWorkers(number: number, file?: ConfigFile): Promise<Workers> {
  const database = await startMongo();
  if ("skipped" in database) throw new Error(database.skipped);
  const redis = await startRedis();
  const all: TestHub[] = [];
  for (let i = 1; i <= number; i++) {
    const env = { REDIS_URL: redis.url, MONGODB_URL: database.url, HUB_WORKER: `w${i}` };
    all.push(await startHub({ env, apps: [...APPS, board], ...(file && { file }) }));
  }
  return {
    redis,
    all,
    async becomes(state) {
      await Promise.all(all.map((worker) => until(worker, state)));
    },
    async stop() {
      redis.thaw();
      await Promise.all(all.map((worker) => worker.stop()));
      await redis.remove();
      await database.stop();
    },
  };
}

async function until(worker: TestHub, state: "live" | "lost"): Promise<void> {
  // Listened for before it is asked: it may become so while the answer is on its way.
  let stop = (): void => {};
  const changed = new Promise<void>((resolve) => {
    const listener = (told: { state: "live" | "lost" }): void => {
      if (told.state === state) resolve();
    };
    worker.hub.events.on("redis", listener);
    stop = () => worker.hub.events.off("redis", listener);
  });
  const { body } = await worker.call(undefined, "GET", "/readyz");
  const isLost = (body.reasons as string[]).some((reason) => reason.startsWith("redis:"));
  if (isLost !== (state === "lost")) await changed;
  stop();
}

const inbound = { join: z.object({ room: z.string() }), leave: z.object({ room: z.string() }) };
const outbound = {
  joined: reply(z.object({ room: z.string() })),
  left: reply(z.object({ room: z.string() })),
  note: log(z.object({ text: z.string() })),
  value: latest(z.object({ name: z.string(), value: z.number() }), "name"),
  error: reply(z.object({ message: z.string(), room: z.string().optional() })),
};

/** A message of the board, to be published by any worker's hub. */
export const { message: onBoard } = publisher("/board", outbound);

/** An app for what the real ones do not show alone: rooms at will, and ingest from a Redis channel. */
const board = defineApp("board", ({ channel, ingest }) => {
  channel("/board", {
    path: "/board",
    credential: "jwt",
    inbound,
    outbound,
    on: {
      async join(client, { room }) {
        await client.join(room);
        client.send("joined", { room });
      },
      async leave(client, { room }) {
        await client.leave(room);
        client.send("left", { room });
      },
    },
  });
  const publication = z.object({ room: z.string(), text: z.string() });
  ingest("board:note", (published) => {
    const { room, text } = publication.parse(published);
    return onBoard(room, "note", { text });
  });
});
