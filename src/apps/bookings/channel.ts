import {
  type AppDeps,
  type Clock,
  type Client as HubClient,
  HubError,
  type Identity,
  type Resumed,
  sinceGiven,
  timestamp,
  toHubError,
} from "junction-hub";
import { inbound, type Outbound, outbound, uuid } from "./messages.ts";
import { NAMESPACE, parseRoom, userRoom } from "./rooms.ts";
import type { BookingsService } from "./service.ts";
import type { SupportService } from "./support.ts";
import { createTyping } from "./typing.ts";

type Client = HubClient<Outbound>;

export interface BookingsChannelOptions {
  readonly bookings: BookingsService;
  readonly support: SupportService;
  readonly clock: Clock;
}

/** The one channel of the bookings app: clients join the rooms of what concerns them. */
export function bookingsChannel(
  channel: AppDeps["channel"],
  { bookings, support, clock }: BookingsChannelOptions,
): void {
  const typing = createTyping(clock);
  /** The rooms that clients have asked for. */
  const asked = new WeakMap<Client, Set<string>>();
  const now = (): string => timestamp(clock);

  /**
   * Who may be in a room: in `booking:*` its owner, its assigned technician and admins; in `support:*` the creator of the
   * ticket and admins; in `user:*` that user and admins. Refuses in the same words whether there is no such room or it is
   * not for this user.
   */
  async function authorise(room: string, identity: Identity): Promise<void> {
    const { kind, id = "" } = parseRoom(room) ?? {};
    if (kind === "user") {
      if (id === identity.userId || (identity.role === "admin" && uuid.safeParse(id).success)) return;
    } else if (kind === "support") {
      if (await support.find(id, identity)) return;
    } else if (kind === "booking") {
      if (await bookings.find(id, identity)) return;
    }
    throw noSuchRoom(room);
  }

  /** Shows a new member of a booking's room where its technician was last. */
  async function showLocation(client: Client, room: string): Promise<void> {
    const { kind, id = "" } = parseRoom(room) ?? {};
    const booking = kind === "booking" ? await bookings.find(id, client.identity) : undefined;
    if (!booking?.lastLocation || !client.isIn(room)) return;
    client.sendCurrent("location_update", booking, { bookingId: id, ...booking.lastLocation });
  }

  async function leave(client: Client, room: string): Promise<void> {
    typing.stop(client, room);
    asked.get(client)?.delete(room);
    await client.leave(room);
  }

  channel(NAMESPACE, {
    path: "/ws",
    credential: "jwt",
    inbound,
    outbound,
    async open(client) {
      const { userId } = client.identity;
      asked.set(client, new Set());
      client.onClose(() => typing.stopEverywhere(client));
      await client.join(userRoom(userId), {
        since: sinceGiven(client),
        confirm: (resumed) => client.send("connected", { userId, ...resumed, timestamp: now() }),
      });
    },
    /** A role may have been taken away: what was right for the old token is asked again for the new one. */
    async renewed(client) {
      for (const room of asked.get(client) ?? []) {
        if (!client.isIn(room)) continue;
        await authorise(room, client.identity).catch(async (refusal: unknown) => {
          await leave(client, room);
          client.fail(toHubError(refusal));
        });
      }
    },
    on: {
      async join(client, { room, since }) {
        await authorise(room, client.identity);
        let isConfirmed = false;
        const confirm = async (resumed: Resumed): Promise<void> => {
          // Asked again: whoever lost the right in between is put out either here, because it is gone by now, or by the
          // eviction that follows its loss, because the client is in the room by now.
          await authorise(room, client.identity);
          if (!client.isIn(room)) return;
          isConfirmed = true;
          client.send("joined_room", { room, ...resumed, timestamp: now() });
        };
        await client.join(room, { since, confirm }).catch(async (refusal: unknown) => {
          await leave(client, room);
          throw refusal;
        });
        if (!isConfirmed) throw noSuchRoom(room);
        asked.get(client)?.add(room);
        await showLocation(client, room);
        return { room };
      },
      async leave(client, { room }) {
        if (!parseRoom(room)) throw noSuchRoom(room);
        await leave(client, room);
        client.send("left_room", { room, timestamp: now() });
        return { room };
      },
      typing(client, { room, data }) {
        if (!parseRoom(room) || !client.isIn(room)) throw new HubError("forbidden", "You are not in this room", room);
        typing.say(client, room, data.isTyping);
      },
    },
  });
}

function noSuchRoom(room: string): HubError {
  return new HubError("forbidden", "There is no such room, or it is not for you", room);
}
