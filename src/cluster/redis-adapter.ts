import { createShardedAdapter } from "@socket.io/redis-adapter";
import { type BroadcastOptions, MessageType } from "socket.io-adapter";
import type { Redis } from "./redis.ts";

type ShardedAdapter = ReturnType<ReturnType<typeof createShardedAdapter>>;

const PREFIX = "junction:rooms";

/** What the adapter has under its `protected`, and we call. */
interface Publishing {
  publish(message: { type: MessageType; data: { packet: unknown; opts: object } }): void;
}

/**
 * Socket.IO's sharded adapter on our link to Redis: a worker listens to the rooms that it has members in. On a server
 * before Redis 7 the same channels are common ones. It differs from the original in three things:
 * - this worker's own members get a broadcast at once, whether Redis takes it or not;
 * - what Redis does not take now is not sent later;
 * - joining a room resolves when the room's channel is heard.
 */
export function redisAdapter(redis: Redis): (namespace: { readonly name: string }) => ShardedAdapter {
  const create = createShardedAdapter(clientOf(redis), clientOf(redis), {
    channelPrefix: PREFIX,
    subscriptionMode: "dynamic",
  });

  return (namespace) => {
    const adapter = create(namespace);
    const { publish } = adapter as unknown as Publishing;
    const broadcastHere = adapter.broadcast.bind(adapter);
    const addAll = adapter.addAll.bind(adapter);

    adapter.broadcast = async (packet: unknown, options: BroadcastOptions) => {
      if (!options.flags?.local) {
        const opts = { rooms: [...options.rooms], except: [...(options.except ?? [])], flags: options.flags };
        publish.call(adapter, { type: MessageType.BROADCAST, data: { packet, opts } });
      }
      return broadcastHere(packet, { ...options, flags: { ...options.flags, local: true } });
    };

    adapter.addAll = (id, rooms) => {
      addAll(id, rooms);
      const waits = [...rooms].flatMap((room) => redis.settled(`${PREFIX}#${namespace.name}#${room}#`) ?? []);
      return waits.length > 0 ? Promise.all(waits).then(() => {}) : undefined;
    };
    return adapter;
  };
}

/** The part of a Redis client that the adapter uses. */
function clientOf(redis: Redis) {
  return {
    sSubscribe(channel: string, listener: (payload: Buffer, channel: string) => void): void {
      redis.subscribe("sharded", channel, (payload) => listener(payload, channel));
    },
    sUnsubscribe(channels: string | readonly string[]): void {
      for (const channel of typeof channels === "string" ? [channels] : channels) redis.unsubscribe(channel);
    },
    async sPublish(channel: string, payload: string | Buffer): Promise<void> {
      redis.publish("sharded", channel, payload);
    },
    sendCommand: (args: readonly string[]) => redis.command(args[2] ?? "", args),
  };
}
