import { defineApp, publisher, reply, volatile, z } from "../../src/index.ts";

const inbound = { join: z.object({ room: z.string() }) };
const outbound = {
  joined: reply(z.object({ room: z.string() })),
  note: volatile(z.object({ n: z.number(), at: z.number(), text: z.string() })),
};

const NAMESPACE = "/bench";

/** What the benchmark publishes. */
export const { message } = publisher(NAMESPACE, outbound);

/** The app that the broadcast scenarios run on: whoever asks is in a room. */
export const bench = defineApp("bench", ({ channel }) => {
  channel(NAMESPACE, {
    path: "/ws",
    credential: "none",
    inbound,
    outbound,
    on: {
      async join(client, { room }) {
        await client.join(room);
        client.send("joined", { room });
      },
    },
  });
});
