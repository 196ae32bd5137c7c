import { z } from "zod";
import type { App } from "../../src/app.ts";
import { defineChannel } from "../../src/hub/channel.ts";
import { publisher } from "../../src/hub/message.ts";
import { log, reply, volatile } from "../../src/hub/outbound.ts";
import { defineRoute } from "../../src/hub/route.ts";
import { defineCollection } from "../../src/store/collection.ts";

const note = z.object({ n: z.number(), at: z.number(), text: z.string() });
const inbound = { join: z.object({ room: z.string() }) };
const outbound = {
  joined: reply(z.object({ room: z.string() })),
  note: volatile(note),
  entry: log(note),
  error: reply(z.object({ message: z.string() })),
};

const pad = z.object({ id: z.number().int(), notes: z.number().int() });
const padCollection = defineCollection({ name: "bench-pads", schema: pad, indexes: {} });

/** The documents that the notes are written to. */
export const PADS = 10;

const NAMESPACE = "/notes";
const { message } = publisher(NAMESPACE, outbound);

/** What class `log` costs: a route that changes a document and tells a room of it, by either class. */
export const notes: App = {
  name: "notes",
  async start({ store }) {
    const pads = await store.collection(padCollection);
    for (let id = 1; id <= PADS; id++) await pads.ensure({ id, notes: 0 });
    const channel = defineChannel<typeof inbound, typeof outbound>({
      app: "notes",
      namespace: NAMESPACE,
      path: "/ws",
      credential: "none",
      inbound,
      outbound,
      error: ({ message }) => ({ message }),
      on: {
        async join(client, { room }) {
          await client.join(room);
          client.send("joined", { room });
        },
      },
    });
    const write = defineRoute({
      method: "post",
      path: "/api/notes/{pad}",
      summary: "Note something, for a room to hear",
      credential: "none",
      params: z.object({ pad: z.coerce.number().int() }),
      body: z.object({ room: z.string(), type: z.enum(["entry", "note"]), note }),
      status: 201,
      response: z.object({ notes: z.number() }),
      handle: ({ params, body }) =>
        pads.modify(params.pad, (before) => {
          const next = { ...before, notes: before.notes + 1 };
          return { next, messages: [message(body.room, body.type, body.note)], result: { notes: next.notes } };
        }),
    });
    return { channels: [channel], routes: [write] };
  },
};
