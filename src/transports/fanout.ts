import type { Server as SocketIoServer } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import type { Fanout } from "../hub/message.ts";
import type { MemberWire } from "./wire.ts";
import { Broadcast } from "./writing/broadcast.ts";

/** The clients of this worker, by the id under which the adapters know them. */
export type Recipients = ReadonlyMap<string, Pick<MemberWire, "take">>;

/**
 * The ways to the members of rooms: to those here, whom the adapters of the namespaces know, and to those elsewhere where
 * the adapter has a way to other workers.
 */
export function fanoutOf(io: SocketIoServer, recipients: Recipients): Fanout {
  return {
    show(message, except) {
      const { rooms: members } = io.of(message.namespace).adapter;
      const [room = "", ...others] = message.rooms;
      let ids = members.get(room);
      if (others.length > 0) ids = union(message.rooms.map((name) => members.get(name)));
      if (!ids) return;
      const broadcast = new Broadcast(message);
      if (except && except.length > 0) {
        const excepted = new Set(except);
        for (const id of ids) if (!excepted.has(id)) recipients.get(id)?.take(broadcast);
      } else for (const id of ids) recipients.get(id)?.take(broadcast);
    },

    carry(delivery, except) {
      const adapter: Adapter & Partial<Pick<Fanout, "carry">> = io.of(delivery.message.namespace).adapter;
      return adapter.carry?.(delivery, except);
    },
  };
}

/** Who is in any of several rooms, once. */
function union(rooms: readonly (ReadonlySet<string> | undefined)[]): Set<string> {
  const all = new Set<string>();
  for (const members of rooms) for (const id of members ?? []) all.add(id);
  return all;
}
