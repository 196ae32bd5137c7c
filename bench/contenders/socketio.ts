import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";
import { serveControl } from "./control.ts";
import { settingsOf } from "./settings.ts";

/** Socket.IO as in its documentation: every option at its default; between workers, its Redis adapter. */
const { redisUrl } = settingsOf(process.argv);

const http = createServer();
const io = new Server(http);
if (redisUrl !== undefined) {
  const publisher = createClient({ url: redisUrl });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  io.adapter(createAdapter(publisher, subscriber));
}
io.on("connection", (socket) => {
  socket.on("join", async ({ room }: { room: string }) => {
    await socket.join(room);
    socket.emit("joined", { room });
  });
});
http.listen(0, "127.0.0.1");
await once(http, "listening");
await serveControl((http.address() as AddressInfo).port, (room, payloads) => {
  for (const payload of payloads) io.to(room).emit("note", payload);
});
