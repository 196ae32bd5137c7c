import { serveWs } from "./ws-server.ts";

/** One write per message and client. */
await serveWs((members) => (_room, payloads) => {
  for (const payload of payloads) {
    const text = JSON.stringify({ type: "note", ...payload });
    for (const client of members) client.send(text);
  }
});
