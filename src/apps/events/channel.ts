import { randomBytes } from "node:crypto";
import {
  type AppChannel,
  type AppDeps,
  type Client as HubClient,
  idOf,
  type Joining,
  type Resumed,
  sinceGiven,
  timestamp,
} from "junction-hub";
import { type Inbound, inbound, type Outbound, outbound } from "./messages.ts";
import { type EventsService, NAMESPACE, roomOf } from "./service.ts";

type Client = HubClient<Outbound>;

/** Names of the cluster-wide counts that `get_stats` returns. */
const CLIENTS = "events:clients";
const SUBSCRIPTIONS = "events:subscriptions";

/** Declares the two channels of the events app: `/ws`, and `/ws/events/{eventId}`, which subscribes on connecting. */
export function eventChannels(
  { channel, limits, clock }: Pick<AppDeps, "channel" | "limits" | "clock">,
  service: EventsService,
): void {
  const subscriptions = new WeakMap<Client, Map<number, () => void>>();
  const now = (): string => timestamp(clock);

  function begin(client: Client): void {
    client.onClose(limits.count(CLIENTS));
    const counted = new Map<number, () => void>();
    subscriptions.set(client, counted);
    client.onClose(() => {
      for (const uncount of counted.values()) uncount();
    });
  }

  function greet(client: Client, details: { eventId?: number } & Resumed = {}): void {
    const clientId = `ws_${clock.now()}_${randomBytes(5).toString("hex")}`;
    client.send("connection_established", { clientId, ...details, timestamp: now() });
  }

  /** Joins the room, then sends the current value, so that no change in between is missed. */
  async function subscribe(client: Client, eventId: number, joining: Joining): Promise<void> {
    await service.visible(eventId, client.identity);
    await client.join(roomOf(eventId), joining).catch((error: unknown) => {
      forget(client, eventId);
      throw error;
    });
    const counted = subscriptions.get(client);
    if (client.isOpen && counted && !counted.has(eventId)) counted.set(eventId, limits.count(SUBSCRIPTIONS));
    const event = await service.visible(eventId, client.identity);
    client.sendCurrent("seat_update", event, service.seatsOf(event));
  }

  /** Removes the client's subscription from the counts. */
  function forget(client: Client, eventId: number): void {
    subscriptions.get(client)?.get(eventId)?.();
    subscriptions.get(client)?.delete(eventId);
  }

  const serve = (namespace: string, own: Pick<AppChannel<Inbound, Outbound>, "path" | "admit" | "open">): void => {
    channel(namespace, {
      ...own,
      credential: "jwt",
      inbound,
      outbound,
      on: {
        async subscribe_event(client, { eventId, since }) {
          const confirm = (resumed: Resumed): void => {
            client.send("subscribed", { eventId, ...resumed, timestamp: now() });
          };
          await subscribe(client, eventId, { since, confirm });
          return { eventId };
        },
        async unsubscribe_event(client, { eventId }) {
          await client.leave(roomOf(eventId));
          forget(client, eventId);
          client.send("unsubscribed", { eventId, timestamp: now() });
          return { eventId };
        },
        ping(client) {
          client.send("pong", { timestamp: now() });
        },
        async get_stats(client) {
          const [totalClients, eventSubscriptions] = await Promise.all([
            limits.counted(CLIENTS),
            limits.counted(SUBSCRIPTIONS),
          ]);
          const data = { totalClients, eventSubscriptions };
          client.send("stats", { data, timestamp: now() });
          return { data };
        },
      },
    });
  };

  serve(NAMESPACE, {
    path: "/ws",
    open(client) {
      begin(client);
      greet(client);
    },
  });
  serve(`${NAMESPACE}/{eventId}`, {
    admit: async (identity, { eventId }) => {
      await service.visible(idOf(eventId), identity);
    },
    async open(client) {
      const eventId = idOf(client.params.eventId);
      begin(client);
      await subscribe(client, eventId, {
        since: sinceGiven(client),
        confirm: (resumed) => greet(client, { eventId, ...resumed }),
      });
    },
  });
}
