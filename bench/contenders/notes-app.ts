import { defineApp, log, reply, volatile, z } from "../../src/index.ts";

const note = z.object({ n: z.number(), at: z.number(), text: z.string() });
const pad = z.object({ id: z.number().int(), notes: z.number().int() });

/** Number of documents that the notes are written to. */
export const PADS = 10;

/**
 * The app that measures the cost of class `log`: a route changes a document and sends a message of either class to a
 * room.
 */
export const notes = defineApp("notes", async ({ collection, channel, route }) => {
  const pads = await collection("bench-pads", pad);
  for (let id = 1; id <= PADS; id++) await pads.ensure({ id, notes: 0 });

  const { message } = channel("/notes", {
    path: "/ws",
    credential: "none",
    inbound: { join: z.object({ room: z.string() }) },
    outbound: { joined: reply(z.object({ room: z.string() })), note: volatile(note), entry: log(note) },
    on: {
      async join(client, { room }) {
        await client.join(room);
        client.send("joined", { room });
      },
    },
  });
  route({
    method: "post",
    path: "/api/notes/{pad}",
    summary: "Add a note and send it to a room",
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
});
