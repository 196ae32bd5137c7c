import { z } from "zod";
import type { App } from "../../src/app.ts";
import { defineChannel } from "../../src/hub/channel.ts";
import { publisher } from "../../src/hub/message.ts";
import { reply, volatile } from "../../src/hub/outbound.ts";

const inbound = { join: z.object({ room: z.string() }) };
const outbound = {
  joined: reply(z.object({ room: z.string() })),
  note: volatile(z.object({ n: z.number(), at: z.number(), text: z.string() })),
  error: reply(z.object({ message: z.string() })),
};

const NAMESPACE = "/bench";

/** What the benchmark publishes. */
export const { message } = publisher(NAMESPACE, outbound);

/** The app that the broadcast scenarios run on: whoever asks is in a room. */
export const bench: App = {
  name: "bench",
  start: async () => ({
    channels: [
      defineChannel<typeof inbound, typeof outbound>({
        app: "bench",
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
      }),
    ],
  }),
};
