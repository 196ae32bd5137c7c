import { type AppDeps, joinAll, type Resumed } from "junction-hub";
import { inbound, NOTIFICATION_TYPES, type NotificationType, outbound, type Subscribed } from "./messages.ts";
import { NAMESPACE, roomOf } from "./service.ts";

/** Declares the channel of notifications about the user's own reservations and all parking lots, by subscription. */
export function parkingChannel(channel: AppDeps["channel"]): void {
  channel(NAMESPACE, {
    path: "/ws/notifications",
    credential: "wsToken",
    refuse: "http",
    inbound,
    outbound,
    on: {
      /** Replaces the subscriptions of the client by the requested types. An empty list ends all of them. */
      async subscribe(client, { notification_types, since }): Promise<Subscribed> {
        const types = [...new Set(notification_types)];
        const roomFor = (type: NotificationType): string => roomOf(type, client.identity.userId);
        const sinceFor = (type: NotificationType): number | undefined =>
          typeof since === "object" ? since[type] : since;
        for (const type of NOTIFICATION_TYPES) if (!types.includes(type)) await client.leave(roomFor(type));

        // An existing subscription continues, unless the client resumes it with `since`.
        const joined = types.filter((type) => sinceFor(type) !== undefined || !client.isIn(roomFor(type)));
        const rooms = joined.map((type) => ({ room: roomFor(type), since: sinceFor(type) }));
        let answer: Subscribed = { notification_types: types };
        await joinAll(client, rooms, (resumed) => {
          answer = { ...answer, ...resumedFields(types, joined, resumed) };
          client.send("subscribed", answer);
        });
        return answer;
      },
    },
  });
}

/**
 * Returns the fields of the confirmation of `types` for a client that resumes some of the types that it has `joined`;
 * no fields for a client that resumes none.
 */
function resumedFields(
  types: readonly NotificationType[],
  joined: readonly NotificationType[],
  resumed: readonly Resumed[],
): Pick<Subscribed, "recovered" | "seq"> {
  const resuming = joined.flatMap((type, i) => {
    const { recovered, seq } = resumed[i] ?? {};
    return seq === undefined ? [] : { type, recovered, seq };
  });
  if (resuming.length === 0) return {};
  return {
    recovered: resuming.every(({ recovered }) => recovered),
    seq: types.length === 1 ? resuming[0]?.seq : Object.fromEntries(resuming.map(({ type, seq }) => [type, seq])),
  };
}
