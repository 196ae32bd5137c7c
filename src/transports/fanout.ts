import type { Server as SocketIoServer } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import type { Fanout } from "../hub/publish.ts";

/** The type of an event among the packets of Socket.IO's protocol. */
const EVENT = 2;

/**
 * The ways to the members of rooms, through the adapters of their namespaces: to those here, and to those elsewhere where
 * the adapter has a way to other workers.
 */
export function fanoutOf(io: SocketIoServer): Fanout {
  return {
    show({ namespace, rooms, type, payload }, except = []) {
      const packet = { type: EVENT, data: [type, payload] };
      const options = { rooms: new Set(rooms), except: new Set(except), flags: { local: true } };
      io.of(namespace).adapter.broadcast(packet, options);
    },
    carry(delivery, except) {
      const adapter: Adapter & Partial<Pick<Fanout, "carry">> = io.of(delivery.message.namespace).adapter;
      return adapter.carry?.(delivery, except);
    },
  };
}
