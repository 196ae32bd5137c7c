import type { Socket } from "node:net";
import * as ws from "ws";
import { serveWs } from "./ws-server.ts";

/** The frame builder of `ws`, exported but not typed. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

const TEXT_FRAME = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };

/**
 * The limit: the frames of a tick are built once, joined once, and written once to each client, without the work that
 * `ws` does for a message. Nothing is queued, watched or conflated; a server in production has to do more.
 */
await serveWs((members) => (_room, payloads) => {
  const frames = payloads.flatMap((payload) =>
    Sender.frame(Buffer.from(JSON.stringify({ type: "note", ...payload })), TEXT_FRAME),
  );
  const joined = Buffer.concat(frames);
  for (const client of members) (client as unknown as { _socket: Socket })._socket.write(joined);
});
