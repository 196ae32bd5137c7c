import type { Namespace } from "socket.io";
import { Adapter, type Room, type SocketId } from "socket.io-adapter";

/**
 * The adapter of a namespace with parameters, such as `/events/7`. It has no rooms of its own: its sockets are members
 * of the rooms of the root namespace (`/events`). So one broadcast reaches both, no broadcast ever creates a namespace,
 * and a namespace for each event costs no Redis subscription for each event.
 */
export class SharedRooms extends Adapter {
  readonly #root: Namespace;

  constructor(namespace: Namespace, root: Namespace) {
    super(namespace);
    this.#root = root;
  }

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    return this.#root.adapter.addAll(id, rooms);
  }

  override del(id: SocketId, room: Room): Promise<void> | void {
    return this.#root.adapter.del(id, room);
  }

  override delAll(id: SocketId): Promise<void> | void {
    return this.#root.adapter.delAll(id);
  }

  override socketRooms(id: SocketId): Set<Room> | undefined {
    return this.#root.adapter.socketRooms(id);
  }
}
