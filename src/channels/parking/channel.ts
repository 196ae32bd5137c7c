import { type Channel, defineChannel } from "../../hub/channel.ts";
import { inbound, NOTIFICATION_TYPES, type Outbound, outbound } from "./messages.ts";
import { NAMESPACE, roomOf } from "./service.ts";

/** News of the user's own reservations and of all parking lots, for those who have subscribed to them. */
export function parkingChannel(): Channel {
  return defineChannel<typeof inbound, Outbound>({
    app: "parking",
    namespace: NAMESPACE,
    path: "/ws/notifications",
    credential: "wsToken",
    refuse: "http",
    inbound,
    outbound,
    error: ({ message }) => ({ message }),
    on: {
      /** The types asked for replace those before; none at all is a way to hear nothing more. */
      async subscribe(client, { notification_types }) {
        const wanted = [...new Set(notification_types)];
        for (const type of NOTIFICATION_TYPES) {
          const room = roomOf(type, client.identity.userId);
          if (wanted.includes(type)) await client.join(room);
          else await client.leave(room);
        }
        client.send("subscribed", { notification_types: wanted });
        return { notification_types: wanted };
      },
    },
  });
}
