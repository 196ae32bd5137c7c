import type { Socket } from "node:net";
import * as ws from "ws";
import { serveWs } from "./ws-server.ts";

/** `ws` exports its frame builder but does not type it. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

const TEXT_FRAME = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };

/**
 * The limit: the frames of a tick are built once, joined once, and written once to each client, past all that `ws` does
 * for a message. Nothing is queued, watched or thinned; a server that people rely on has to do more.
 */
await serveWs((members) => (_room, payloads) => {
  const frames = payloads.flatMap((payload) =>
    Sender.frame(Buffer.from(JSON.stringify({ type: "note", ...payload })), TEXT_FRAME),
  );
  const joined = Buffer.concat(frames);
  for (const client of members) (client as unknown as { _socket: Socket })._socket.write(joined);
});
