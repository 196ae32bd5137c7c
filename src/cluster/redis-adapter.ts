import { createShardedAdapter } from "@socket.io/redis-adapter";
import { type BroadcastOptions, MessageType } from "socket.io-adapter";
import type { Outbound } from "../hub/channel.ts";
import type { Clock } from "../hub/clock.ts";
import { LatestValues, type Stamp } from "./latest-values.ts";
import type { Redis } from "./redis.ts";

type ShardedAdapter = ReturnType<ReturnType<typeof createShardedAdapter>>;

const PREFIX = "junction:rooms";

/** A message between adapters, with what we add to those that carry a value of class `latest`. */
interface Message {
  /** Set on the way out. */
  readonly uid?: string;
  readonly type: MessageType;
  readonly data: {
    readonly packet: Packet;
    readonly opts: Opts;
    /** When it was sent first, in milliseconds since the epoch; absent in what is sent again. */
    readonly sentAt?: number;
    readonly stamp?: Stamp;
    readonly again?: true;
  };
}

interface Packet {
  readonly data: readonly [type: string, payload?: Readonly<Record<string, unknown>>];
}

interface Opts {
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  readonly flags: object | undefined;
}

/** The adapter's own ways out and in, which it has under `protected`. */
interface Exchange {
  /** Whose message it is; a worker hears its own, too. */
  readonly uid: string;
  publish(message: Message): void;
  onMessage(message: Message): void;
}

type Declared = (type: string) => Outbound | undefined;

/**
 * Socket.IO's sharded adapter on our link to Redis: a worker listens to the rooms that it has members in. On a server
 * before Redis 7 the same channels are common ones. It differs from the original in four things:
 * - this worker's own members get a broadcast at once, whether Redis takes it or not;
 * - what Redis does not take now is not sent later;
 * - but of class `latest`, the newest values are, when Redis is back;
 * - joining a room resolves when the room's channel is heard.
 *
 * `clock` is real time; `crossed` is told how many milliseconds a broadcast of another worker took to come here.
 * `declared`: what a message type of the namespace is declared as.
 */
export function redisAdapter(
  redis: Redis,
  clock: Clock,
  crossed: (ms: number) => void,
): (namespace: { readonly name: string }, declared: Declared) => ShardedAdapter {
  const values = new LatestValues(redis, clock);
  const create = createShardedAdapter(clientOf(redis), clientOf(redis), {
    channelPrefix: PREFIX,
    subscriptionMode: "dynamic",
  });

  return (namespace, declared) => {
    const adapter = create(namespace);
    const exchange = adapter as unknown as Exchange;
    const broadcastHere = adapter.broadcast.bind(adapter);
    const addAll = adapter.addAll.bind(adapter);
    const onMessage = exchange.onMessage.bind(adapter);

    adapter.broadcast = async (packet: Packet, options: BroadcastOptions) => {
      if (!options.flags?.local) {
        const rooms = [...options.rooms] as string[];
        send(packet, { rooms, except: [...(options.except ?? [])] as string[], flags: options.flags });
      }
      return broadcastHere(packet, { ...options, flags: { ...options.flags, local: true } });
    };

    exchange.onMessage = (message) => {
      const { packet, opts, sentAt, stamp, again = false } = message.data ?? {};
      if (sentAt !== undefined && message.uid !== exchange.uid) crossed(clock.now() - sentAt);
      const thing = stamp && thingOf(packet, opts);
      if (!thing || values.heard(thing, stamp, again)) onMessage(message);
    };

    adapter.addAll = (id, rooms) => {
      addAll(id, rooms);
      const waits = [...rooms].flatMap((room) => redis.settled(`${PREFIX}#${namespace.name}#${room}#`) ?? []);
      return waits.length > 0 ? Promise.all(waits).then(() => {}) : undefined;
    };
    return adapter;

    function send(packet: Packet, opts: Opts): void {
      const type = MessageType.BROADCAST;
      const thing = thingOf(packet, opts);
      const stamp =
        thing === undefined
          ? undefined
          : values.sent(thing, (stamp) => exchange.publish({ type, data: { packet, opts, stamp, again: true } }));
      exchange.publish({ type, data: { packet, opts, sentAt: clock.now(), ...(stamp && { stamp }) } });
    }

    /** What a message of class `latest` is the value of, and for whom; `undefined` for all others. */
    function thingOf({ data: [type, payload = {}] }: Packet, { rooms }: Opts): string | undefined {
      const key = declared(type)?.key?.(payload);
      return key === undefined ? undefined : JSON.stringify([namespace.name, type, key, rooms]);
    }
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
