import type { Server as SocketIoServer } from "socket.io";
import type { Fanout } from "../hub/message.ts";
import type { MemberWire } from "./wire.ts";
import { Broadcast } from "./writing/broadcast.ts";

/** The clients of this worker, by their ids in the adapters. */
export type Recipients = ReadonlyMap<string, Pick<MemberWire, "take">>;

/** Makes the fan-out to the members of rooms on this worker, which the adapters of the root namespaces hold. */
export function fanoutOf(io: SocketIoServer, recipients: Recipients): Fanout {
  return {
    deliver(message, except) {
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
  };
}

/** Returns the members of any of several rooms, each once. */
function union(rooms: readonly (ReadonlySet<string> | undefined)[]): Set<string> {
  const all = new Set<string>();
  for (const members of rooms) for (const id of members ?? []) all.add(id);
  return all;
}
