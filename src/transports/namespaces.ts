import type { Namespace, Socket, Server as SocketIoServer } from "socket.io";
import { Adapter } from "socket.io-adapter";
import type { Channel } from "../hub/channel.ts";
import { DISCONNECTS, Refusal } from "../hub/disconnects.ts";
import type { Admission, Hub } from "../hub/hub.ts";
import type { Fanout, Publication } from "../hub/message.ts";
import type { Outbound } from "../hub/outbound.ts";
import { sinceOf } from "../hub/resume.ts";
import { credentialFrom } from "./credentials.ts";
import type { Recipients } from "./fanout.ts";
import { patternOf } from "./plain/addresses.ts";
import { PlainConnection } from "./plain/plain-engine.ts";
import { SharedRooms } from "./shared-rooms.ts";
import { receiveFrom, SocketIoWire } from "./socketio/engine-io.ts";
import type { MemberWire } from "./wire.ts";

/** Takes what another worker has carried here. */
export type Hear = (delivery: Publication, except: readonly string[]) => void;

/**
 * Makes the adapter of a namespace that has rooms. Where there are other workers it also carries messages to them, and
 * has `hear` take what they carry here. `declared` tells what a message type is declared as.
 */
export type RoomsAdapter = (
  namespace: Namespace,
  declared: (type: string) => Outbound | undefined,
  hear: Hear,
) => Adapter & Partial<Pick<Fanout, "carry">>;

/** The members on this worker. */
export const inMemory: RoomsAdapter = (namespace) => new Adapter(namespace);

/**
 * Opens a namespace for every channel and brings its sockets, whichever door they came by, into the hub. Gives those that
 * are there, to be sent what goes to rooms.
 */
export function openNamespaces(
  io: SocketIoServer,
  hub: Hub,
  channels: readonly Channel[],
  rooms: RoomsAdapter,
  hear: Hear,
): Recipients {
  const recipients = new Map<string, MemberWire>();
  io.adapter(adapterFor(channels, rooms, hear) as never);
  io.of("/").use((_socket, next) => {
    next(new Error(`Connect to a namespace: ${channels.map(({ namespace }) => namespace).join(", ")}`));
  });
  for (const root of new Set(channels.map(({ rootNamespace: rooms }) => rooms))) io.of(root);
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

  /** A client that goes while it is let in never becomes a connection, and must leave nothing taken behind. */
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
  // From here on the connection gives back what was taken for it; one Socket.IO client may come and go many times.
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
  if (isPlain) conn.start((inbound) => hub.receive(connection, inbound));
  else receiveFrom(socket, (inbound) => hub.receive(connection, inbound));
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

/** Adapters send handshakes to other workers, and nothing needs them, or the credentials there, once the client is in. */
function forgetHandshake(socket: { handshake: unknown }): void {
  socket.handshake = NO_HANDSHAKE;
}

function asConnectError(thrown: unknown): Error {
  const refusal = thrown instanceof Refusal ? thrown : new Refusal("internal");
  const { code, reason } = DISCONNECTS[refusal.disconnect];
  return Object.assign(new Error(refusal.message), { data: { code, reason } });
}

/** Root namespaces have the real adapter; namespaces with parameters borrow the rooms of their root. */
function adapterFor(
  channels: readonly Channel[],
  makeRooms: RoomsAdapter,
  hear: Hear,
): (namespace: Namespace) => Adapter {
  const withParams = channels.filter(({ namespace }) => namespace.includes("{"));
  const borrowed = withParams.map(({ namespace, rootNamespace: rooms }) => ({ pattern: patternOf(namespace), rooms }));
  // Socket.IO calls it with `new`, which an arrow function cannot take.
  return function createAdapter(namespace) {
    const root = borrowed.find(({ pattern }) => pattern.test(namespace.name))?.rooms;
    if (root !== undefined) return new SharedRooms(namespace, namespace.server.of(root));
    const known = channels.filter(({ rootNamespace: rooms }) => rooms === namespace.name);
    const declared = (type: string): Outbound | undefined =>
      known.find(({ outbound }) => outbound[type])?.outbound[type];
    return (known.length > 0 ? makeRooms : inMemory)(namespace, declared, hear);
  };
}
