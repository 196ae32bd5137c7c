import type { Namespace, Socket, Server as SocketIoServer } from "socket.io";
import { Adapter } from "socket.io-adapter";
import type { Channel, Outbound } from "../hub/channel.ts";
import { DISCONNECTS, Refusal } from "../hub/disconnects.ts";
import type { Admission, Hub } from "../hub/hub.ts";
import { patternOf } from "./addresses.ts";
import { attachBroadcasts } from "./broadcast.ts";
import { credentialFrom } from "./credentials.ts";
import { receiveFrom, socketIoWire } from "./engine-io.ts";
import { PlainConnection } from "./plain-engine.ts";
import { SharedRooms } from "./shared-rooms.ts";

/**
 * Makes the adapter of a namespace that has rooms: it reaches their members, on this worker or on all. `declared` tells
 * what a message type is declared as.
 */
export type RoomsAdapter = (namespace: Namespace, declared: (type: string) => Outbound | undefined) => Adapter;

/** The members on this worker. */
export const inMemory: RoomsAdapter = (namespace) => new Adapter(namespace);

/** Opens a namespace for every channel and brings its sockets, whichever door they came by, into the hub. */
export function openNamespaces(io: SocketIoServer, hub: Hub, channels: readonly Channel[], rooms: RoomsAdapter): void {
  io.adapter(adapterFor(channels, rooms) as never);
  io.of("/").use((_socket, next) => {
    next(new Error(`Connect to a namespace: ${channels.map(({ namespace }) => namespace).join(", ")}`));
  });
  for (const root of new Set(channels.map(({ rooms }) => rooms))) io.of(root);
  for (const channel of channels) {
    const pattern = patternOf(channel.namespace);
    const namespace = channel.namespace.includes("{") ? io.of(pattern) : io.of(channel.namespace);
    const admissions = new WeakMap<Socket, Admission>();
    namespace.use((socket, next) => {
      admit(hub, channel, socket, pattern).then(
        (admission) => {
          admissions.set(socket, admission);
          forgetCredentials(socket);
          next();
        },
        (thrown: unknown) => next(asConnectError(thrown)),
      );
    });
    namespace.on("connection", (socket: Socket) => {
      const admission = admissions.get(socket);
      if (admission) enter(hub, channel, socket, admission);
    });
  }
}

async function admit(hub: Hub, channel: Channel, socket: Socket, pattern: RegExp): Promise<Admission> {
  const conn: unknown = socket.conn;
  const params = { ...pattern.exec(socket.nsp.name)?.groups };
  if (conn instanceof PlainConnection) return keep(conn.entry.admission);
  const { headers, auth } = socket.handshake;
  const query = new URL(socket.request.url ?? "/", "http://localhost").searchParams;
  return keep(await hub.admit(channel, credentialFrom({ headers, query, auth }, channel), params));

  /** A client that goes while it is let in never becomes a connection, and must leave nothing taken behind. */
  function keep(admission: Admission): Admission {
    if (socket.conn.readyState === "open") socket.conn.once("close", admission.release);
    else admission.release();
    return admission;
  }
}

function enter(hub: Hub, channel: Channel, socket: Socket, admission: Admission): void {
  const conn: unknown = socket.conn;
  const isPlain = conn instanceof PlainConnection;
  const member = {
    id: socket.id,
    join: (room: string) => socket.join(room),
    leave: (room: string) => socket.leave(room),
    isIn: (room: string) => socket.rooms.has(room),
  };
  // From here on the connection gives back what was taken for it; one Socket.IO client may come and go many times.
  socket.conn.off("close", admission.release);
  const connection = hub.open(channel, admission, isPlain ? conn.wire(member) : socketIoWire(socket, member, channel));
  socket.on("disconnect", () => hub.closed(connection));
  if (!socket.connected) hub.closed(connection);
  if (isPlain) conn.start((inbound) => hub.receive(connection, inbound));
  else receiveFrom(socket, (inbound) => hub.receive(connection, inbound));
}

/** Adapters send handshakes to other workers, and nothing needs the credentials once the client is in. */
function forgetCredentials(socket: Socket): void {
  const { address, issued, time, secure, xdomain } = socket.handshake;
  const value = { address, issued, time, secure, xdomain, headers: {}, query: {}, url: "", auth: {} };
  Object.defineProperty(socket, "handshake", { value });
}

function asConnectError(thrown: unknown): Error {
  const refusal = thrown instanceof Refusal ? thrown : new Refusal("internal");
  const { code, reason } = DISCONNECTS[refusal.disconnect];
  return Object.assign(new Error(refusal.message), { data: { code, reason } });
}

/** Root namespaces have the real adapter; namespaces with parameters borrow the rooms of their root. */
function adapterFor(channels: readonly Channel[], makeRooms: RoomsAdapter): (namespace: Namespace) => Adapter {
  const withParams = channels.filter(({ namespace }) => namespace.includes("{"));
  const borrowed = withParams.map(({ namespace, rooms }) => ({ pattern: patternOf(namespace), rooms }));
  // Socket.IO calls it with `new`, which an arrow function cannot take.
  return function createAdapter(namespace) {
    const root = borrowed.find(({ pattern }) => pattern.test(namespace.name))?.rooms;
    if (root !== undefined) return new SharedRooms(namespace, namespace.server.of(root));
    const known = channels.filter(({ rooms }) => rooms === namespace.name);
    const declared = (type: string): Outbound | undefined =>
      known.find(({ outbound }) => outbound[type])?.outbound[type];
    return attachBroadcasts((known.length > 0 ? makeRooms : inMemory)(namespace, declared), declared);
  };
}
