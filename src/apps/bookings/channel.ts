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

/** Declares the one channel of the bookings app: clients join the rooms of their bookings and tickets. */
export function bookingsChannel(
  channel: AppDeps["channel"],
  { bookings, support, clock }: BookingsChannelOptions,
): void {
  const typing = createTyping(clock);
  /** The rooms that each client has joined by request. */
  const joinedRooms = new WeakMap<Client, Set<string>>();
  const now = (): string => timestamp(clock);

  /**
   * Rejects with `HubError("forbidden")` unless the user may be in the room. `booking:*` is for the booking's owner,
   * its assigned technician and admins; `support:*` for the ticket's creator and admins; `user:*` for that user and
   * admins. The text is the same for a room that does not exist, so that it does not reveal which rooms do.
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

  /** Sends the technician's last location to a client that has joined a booking's room. */
  async function showLocation(client: Client, room: string): Promise<void> {
    const { kind, id = "" } = parseRoom(room) ?? {};
    const booking = kind === "booking" ? await bookings.find(id, client.identity) : undefined;
    if (!booking?.lastLocation || !client.isIn(room)) return;
    client.sendCurrent("location_update", booking, { bookingId: id, ...booking.lastLocation });
  }

  async function leave(client: Client, room: string): Promise<void> {
    typing.stop(client, room);
    joinedRooms.get(client)?.delete(room);
    await client.leave(room);
  }

  channel(NAMESPACE, {
    path: "/ws",
    credential: "jwt",
    inbound,
    outbound,
    async open(client) {
      const { userId } = client.identity;
      joinedRooms.set(client, new Set());
      client.onClose(() => typing.stopEverywhere(client));
      await client.join(userRoom(userId), {
        since: sinceGiven(client),
        confirm: (resumed) => client.send("connected", { userId, ...resumed, timestamp: now() }),
      });
    },
    /** Checks the rooms again: the new token may have a lesser role than the old one. */
    async renewed(client) {
      for (const room of joinedRooms.get(client) ?? []) {
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
          // Checked again after joining. If the right was lost in between, this check fails. If it is lost later, the
          // eviction that follows finds the client in the room.
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
        joinedRooms.get(client)?.add(room);
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
        typing.set(client, room, data.isTyping);
      },
    },
  });
}

function noSuchRoom(room: string): HubError {
  return new HubError("forbidden", "There is no such room, or it is not for you", room);
}
