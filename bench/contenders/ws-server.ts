import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { serveControl } from "./control.ts";
import type { Publish } from "./ticker.ts";

/** Serves rooms on bare `ws`, written as usual: the text is made once and sent to each member. */
export async function serveWs(publishTo: (members: ReadonlySet<WebSocket>) => Publish): Promise<void> {
  const rooms = new Map<string, Set<WebSocket>>();
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (client) => {
    client.on("error", () => {});
    client.on("message", (data) => {
      const { room } = JSON.parse(String(data)) as { room: string };
      const members = rooms.get(room) ?? new Set();
      rooms.set(room, members.add(client));
      client.once("close", () => members.delete(client));
      client.send(JSON.stringify({ type: "joined", room }));
    });
  });
  await once(server, "listening");
  await serveControl((server.address() as AddressInfo).port, (room, payloads) => {
    publishTo(rooms.get(room) ?? new Set())(room, payloads);
  });
}
