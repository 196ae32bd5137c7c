import type { Namespace, Socket, Server as SocketIoServer } from "socket.io";
import { Adapter } from "socket.io-adapter";
import type { Channel } from "../hub/channel.ts";
import { DISCONNECTS, Refusal } from "../hub/disconnects.ts";
import type { Admission, Hub } from "../hub/hub.ts";
import { sinceOf } from "../hub/resume.ts";
import { credentialFrom } from "./credentials.ts";
import type { Recipients } from "./fanout.ts";
import { patternOf } from "./plain/addresses.ts";
import { PlainConnection } from "./plain/plain-engine.ts";
import { SharedRooms } from "./shared-rooms.ts";
import { receiveFrom, SocketIoWire } from "./socketio/engine-io.ts";
import type { MemberWire } from "./wire.ts";

/** Makes the adapter with the rooms of a root namespace. */
export type RoomsAdapter = (namespace: Namespace) => Adapter;

/** Makes an adapter with the members on this worker alone. */
export const inMemory: RoomsAdapter = (namespace) => new Adapter(namespace);

/**
 * Opens a namespace for every channel and brings its sockets, from both transports, into the hub. Returns the clients
 * that are connected, as recipients of messages to rooms.
 */
export function openNamespaces(
  io: SocketIoServer,
  hub: Hub,
  channels: readonly Channel[],
  rooms: RoomsAdapter,
): Recipients {
  const recipients = new Map<string, MemberWire>();
  io.adapter(adapterFor(channels, rooms) as never);
  io.of("/").use((_socket, next) => {
    next(new Error(`Connect to a namespace: ${channels.map(({ namespace }) => namespace).join(", ")}`));
  });
  for (const root of new Set(channels.map(({ rootNamespace }) => rootNamespace))) io.of(root);
  for (const channel of channels) {
    const pattern = patternOf(channel.namespace);
    const namespace = channel.namespace.includes("{") ? io.of(pattern) : io.of(channel.namespace);
    const admissions = new WeakMap<Socket, Admission>();
    namespace.use((socket, next) => {
      admit(hub, channel, socket, pattern).then(
        (admission) => {
          admissions.set(socket, admission);
          forgetHandshake(socket);
          next();
        },
        (thrown: unknown) => next(asConnectError(thrown)),
      );
    });
    namespace.on("connection", (socket: Socket) => {
      const admission = admissions.get(socket);
      admissions.delete(socket);
      if (admission) enter(hub, channel, socket, admission, recipients);
    });
  }
  return recipients;
}

async function admit(hub: Hub, channel: Channel, socket: Socket, pattern: RegExp): Promise<Admission> {
  const conn: unknown = socket.conn;
  const params = { ...pattern.exec(socket.nsp.name)?.groups };
  if (conn instanceof PlainConnection) return keep(conn.entry.admission);
  const { headers, auth } = socket.handshake;
  const query = new URL(socket.request.url ?? "/", "http://localhost").searchParams;
  const credential = credentialFrom({ headers, query, auth }, channel);
  return keep(await hub.admit(channel, credential, params, sinceOf(auth.since ?? query.get("since"))));

  /** Releases the admission of a client that goes before it becomes a connection. */
  function keep(admission: Admission): Admission {
    if (socket.conn.readyState === "open") socket.conn.once("close", admission.release);
    else admission.release();
    return admission;
  }
}

function enter(
  hub: Hub,
  channel: Channel,
  socket: Socket,
  admission: Admission,
  recipients: Map<string, MemberWire>,
): void {
  const conn: unknown = socket.conn;
  const isPlain = conn instanceof PlainConnection;
  // From now on the connection releases its admission: one Socket.IO client may enter and leave namespaces many times.
  socket.conn.off("close", admission.release);
  const wire = isPlain ? conn.wire(socket) : new SocketIoWire(socket, channel);
  recipients.set(socket.id, wire);
  const connection = hub.open(channel, admission, wire);
  const leave = (): void => {
    recipients.delete(socket.id);
    hub.closed(connection);
  };
  socket.on("disconnect", leave);
  if (!socket.connected) leave();
  if (isPlain) conn.start(hub, connection);
  else receiveFrom(socket, hub, connection);
}

const NO_HANDSHAKE = Object.freeze({
  headers: {},
  time: "",
  address: "",
  xdomain: false,
  secure: false,
  issued: 0,
  url: "",
  query: {},
  auth: {},
});

/** Removes the handshake, with its credentials, once the client is in: adapters would send it to other workers. */
function forgetHandshake(socket: { handshake: unknown }): void {
  socket.handshake = NO_HANDSHAKE;
}

function asConnectError(thrown: unknown): Error {
  const refusal = thrown instanceof Refusal ? thrown : new Refusal("internal");
  const { code, reason } = DISCONNECTS[refusal.disconnect];
  return Object.assign(new Error(refusal.message), { data: { code, reason } });
}

/**
 * Chooses the adapter of a namespace: root namespaces have rooms, namespaces with parameters share those of their root.
 */
function adapterFor(channels: readonly Channel[], roomsOf: RoomsAdapter): (namespace: Namespace) => Adapter {
  const roots = new Set(channels.map(({ rootNamespace }) => rootNamespace));
  const withParams = channels.filter(({ namespace }) => namespace.includes("{"));
  const sharing = withParams.map(({ namespace, rootNamespace }) => ({ pattern: patternOf(namespace), rootNamespace }));
  // Socket.IO calls it with `new`, which an arrow function cannot take.
  return function createAdapter(namespace) {
    const root = sharing.find(({ pattern }) => pattern.test(namespace.name))?.rootNamespace;
    if (root !== undefined) return new SharedRooms(namespace, namespace.server.of(root));
    return (roots.has(namespace.name) ? roomsOf : inMemory)(namespace);
  };
}
