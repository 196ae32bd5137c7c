import { type AppDeps, joinAll, type Resumed } from "junction-hub";
import { inbound, NOTIFICATION_TYPES, type NotificationType, outbound, type Subscribed } from "./messages.ts";
import { NAMESPACE, roomOf } from "./service.ts";

/** News of the user's own reservations and of all parking lots, for those who have subscribed to them. */
export function parkingChannel(channel: AppDeps["channel"]): void {
  channel(NAMESPACE, {
    path: "/ws/notifications",
    credential: "wsToken",
    refuse: "http",
    inbound,
    outbound,
    on: {
      /** The types asked for replace those before; none at all is a way to hear nothing more. */
      async subscribe(client, { notification_types, since }): Promise<Subscribed> {
        const types = [...new Set(notification_types)];
        const roomFor = (type: NotificationType): string => roomOf(type, client.identity.userId);
        const sinceFor = (type: NotificationType): number | undefined =>
          typeof since === "object" ? since[type] : since;
        for (const type of NOTIFICATION_TYPES) if (!types.includes(type)) await client.leave(roomFor(type));

        // A subscription that there is goes on as it is, unless something is to be sent again.
        const joined = types.filter((type) => sinceFor(type) !== undefined || !client.isIn(roomFor(type)));
        const rooms = joined.map((type) => ({ room: roomFor(type), since: sinceFor(type) }));
        let answer: Subscribed = { notification_types: types };
        await joinAll(client, rooms, (resumed) => {
          answer = { ...answer, ...together(types, joined, resumed) };
          client.send("subscribed", answer);
        });
        return answer;
      },
    },
  });
}

/**
 * What the confirmation of `types` says to a client that has asked to be resumed in some of those that it has `joined`;
 * nothing where it has not.
 */
function together(
  types: readonly NotificationType[],
  joined: readonly NotificationType[],
  resumed: readonly Resumed[],
): Pick<Subscribed, "recovered" | "seq"> {
  const asked = joined.flatMap((type, i) => {
    const { recovered, seq } = resumed[i] ?? {};
    return seq === undefined ? [] : { type, recovered, seq };
  });
  if (asked.length === 0) return {};
  return {
    recovered: asked.every(({ recovered }) => recovered),
    seq: types.length === 1 ? asked[0]?.seq : Object.fromEntries(asked.map(({ type, seq }) => [type, seq])),
  };
}
