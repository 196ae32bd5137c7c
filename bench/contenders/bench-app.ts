import { defineApp, publisher, reply, volatile, z } from "../../src/index.ts";

const inbound = { join: z.object({ room: z.string() }) };
const outbound = {
  joined: reply(z.object({ room: z.string() })),
  note: volatile(z.object({ n: z.number(), at: z.number(), text: z.string() })),
};

const NAMESPACE = "/bench";

/** Builds the messages that the benchmark publishes. */
export const { message } = publisher(NAMESPACE, outbound);

/** The app that the broadcast scenarios run on: any client may join any room. */
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
