import type { Namespace, Socket } from "socket.io";
import { Adapter, type BroadcastOptions, type Room, type SocketId } from "socket.io-adapter";
import type { PacketOptions } from "./broadcast.ts";

/**
 * The adapter of a namespace with parameters, such as `/events/7`: it has no rooms of its own. Its sockets are members
 * of the rooms of the root namespace (`/events`), so that one broadcast reaches both, no broadcast ever creates a
 * namespace, and a namespace per thing costs no subscription per thing.
 */
export class SharedRooms extends Adapter {
  readonly #root: Namespace;

  constructor(namespace: Namespace, root: Namespace) {
    super(namespace);
    this.#root = root;
  }

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    const socket: Socket | undefined = this.nsp.sockets.get(id);
    if (socket && !this.#root.sockets.has(id)) {
      speakFor(socket);
      this.#root.sockets.set(id, socket);
    }
    return this.#root.adapter.addAll(id, rooms);
  }

  override del(id: SocketId, room: Room): Promise<void> | void {
    return this.#root.adapter.del(id, room);
  }

  override delAll(id: SocketId): Promise<void> | void {
    this.#root.sockets.delete(id);
    return this.#root.adapter.delAll(id);
  }

  override socketRooms(id: SocketId): Set<Room> | undefined {
    return this.#root.adapter.socketRooms(id);
  }

  override broadcast(packet: unknown, options: BroadcastOptions): void {
    this.#root.adapter.broadcast(packet, options);
  }
}

type Write = (encoded: unknown, options: PacketOptions) => void;

/** Packets of the root's broadcasts carry the root's name; this socket's client must see its own namespace's. */
function speakFor(socket: Socket): void {
  const client = socket.client as unknown as { writeToEngine: Write };
  const writeToEngine: Write = (encoded, options) => {
    const { broadcast } = options;
    if (!broadcast) return client.writeToEngine(encoded, options);
    const packet = broadcast.packetFor(socket.nsp.name);
    client.writeToEngine(packet.encoded, packet.options);
  };
  Object.defineProperty(socket, "client", {
    value: Object.create(client, { writeToEngine: { value: writeToEngine } }),
  });
}
