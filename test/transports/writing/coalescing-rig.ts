import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { WebSocket, type WebSocketServer } from "ws";
import { type CoalescedSocket, coalescingServer } from "../../../src/transports/writing/coalesced-socket.ts";
import type { CoalescingOptions } from "../../../src/transports/writing/frame.ts";

/** Both ends of one connection, and what the server has written to it, a buffer for each write. */
export interface Pair {
  readonly socket: CoalescedSocket;
  readonly client: WebSocket;
  /** Texts that the client has had. */
  readonly texts: string[];
  readonly writes: Buffer[];
  /** The client's end: code and reason. */
  readonly closed: Promise<[number, string]>;
}

export interface Rig {
  connect(): Promise<Pair>;
  close(): Promise<void>;
}

/** For what nobody counts. */
export const UNWATCHED: CoalescingOptions["watch"] = { written() {}, slow() {}, dropped() {} };

/** A server of coalesced sockets at a free port, and clients of it. */
export async function startRig(options: Partial<CoalescingOptions> = {}, maxPayload = 16_384): Promise<Rig> {
  const server: WebSocketServer = new (coalescingServer({
    budgetBytes: 1_048_576,
    windowMs: 0,
    watch: UNWATCHED,
    ...options,
  }))({
    port: 0,
    maxPayload,
  });
  await once(server, "listening");
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    async connect() {
      const arrives = once(server, "connection") as Promise<[CoalescedSocket]>;
      const client = new WebSocket(url);
      const texts: string[] = [];
      client.on("message", (data) => texts.push(String(data)));
      const closed = new Promise<[number, string]>((resolve) => {
        client.once("close", (code, reason) => resolve([code, String(reason)]));
      });
      const [[socket]] = await Promise.all([arrives, once(client, "open")]);
      socket.on("error", () => {});
      return { socket, client, texts, writes: watchWrites(rawSocketOf(socket)), closed };
    },
    async close() {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

export function rawSocketOf(socket: WebSocket): Socket {
  return (socket as unknown as { _socket: Socket })._socket;
}

/** Keeps what is written, and still writes it. */
function watchWrites(raw: Socket): Buffer[] {
  const writes: Buffer[] = [];
  const write = raw.write.bind(raw) as (chunk: Buffer) => boolean;
  raw.write = (chunk: Uint8Array | string) => {
    writes.push(chunk as Buffer);
    return write(chunk as Buffer);
  };
  return writes;
}

/** A text frame with its marks, as a broadcast makes it. */
export function frame(text: string, marks: { delivery?: "volatile" | "latest" | "log"; key?: string } = {}) {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(payload.length < 126 ? 2 : 4);
  header[0] = 0x81;
  if (payload.length < 126) header[1] = payload.length;
  else {
    header[1] = 126;
    header.writeUInt16BE(payload.length, 2);
  }
  return Object.assign([header, payload], marks);
}
