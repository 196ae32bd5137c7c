import { defineApp, latest, log, type Message, publisher, reply, volatile, z } from "../../src/index.ts";
import type { Target } from "../support/client.ts";

const n = z.number();
const blob = z.string();

const outbound = {
  hello: reply(z.object({})),
  entry: log(z.object({ n, blob })),
  value: latest(z.object({ key: z.string(), n, blob }), "key"),
  hum: volatile(z.object({ n, blob })),
  echo: reply(z.object({ n, blob })),
};

const inbound = {
  /** Asks for as much of one type, to this client alone. */
  shout: z.object({ what: z.enum(["echo", "hum", "value"]), times: n }),
};

/** 8 KiB: a few of them are a message that fills buffers. */
const BLOB = "x".repeat(8 * 1024);
const ROOM = "all";

/** Whoever connects is in one room; the channel with a parameter shares it. */
export const noise = defineApp("noise", ({ channel }) => {
  for (const suffix of ["", "/{id}"]) {
    channel(`/noise${suffix}`, {
      path: `/ws${suffix}`,
      credential: "none",
      inbound,
      outbound,
      async open(client) {
        await client.join(ROOM);
        client.send("hello", {});
      },
      on: {
        shout(client, { what, times }) {
          for (let i = 0; i < times; i++) {
            if (what === "value") client.send("value", { key: "own", n: i, blob: BLOB });
            else client.send(what, { n: i, blob: BLOB });
          }
        },
      },
    });
  }
});

const { message } = publisher("/noise", outbound);

/** A message for everybody there is, about 8 KiB long. */
export function noiseOf(type: "entry" | "hum" | "value", n: number, key = "a", size = BLOB.length): Message {
  const blob = BLOB.slice(0, size);
  return type === "value" ? message(ROOM, type, { key, n, blob }) : message(ROOM, type, { n, blob });
}

export function noiseAt(id?: string): Target {
  const suffix = id === undefined ? "" : `/${id}`;
  return { path: `/ws${suffix}`, namespace: `/noise${suffix}`, kind: "none" };
}
