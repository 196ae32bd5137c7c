import { createShardedAdapter } from "@socket.io/redis-adapter";
import { MessageType } from "socket.io-adapter";
import type { Clock } from "../hub/clock.ts";
import type { Fanout, Publication } from "../hub/message.ts";
import type { Outbound } from "../hub/outbound.ts";
import type { Redis } from "./redis.ts";

type ShardedAdapter = ReturnType<ReturnType<typeof createShardedAdapter>>;

const PREFIX = "junction:rooms";

/** The type of an event among the packets of Socket.IO's protocol. */
const EVENT = 2;

/** A broadcast between adapters, with what we add to it. */
interface AdapterMessage {
  readonly uid: string;
  readonly nsp: string;
  readonly type: MessageType;
  readonly data: {
    readonly packet: {
      readonly type: number;
      readonly data: readonly [type: string, payload: Readonly<Record<string, unknown>>];
      readonly nsp: string;
    };
    readonly opts: { readonly rooms: readonly string[]; readonly except: readonly string[]; readonly flags: object };
    /** What the class of the message needs. Absent in what other programs broadcast by this adapter: that is `volatile`. */
    readonly delivery?: Omit<Publication, "message">;
    /** When it was sent, in milliseconds since the epoch. */
    readonly sentAt?: number;
  };
}

/** The adapter's own ways out and in, which it has under `protected`. */
interface Exchange {
  /** Whose message it is; a worker hears its own, too. */
  readonly uid: string;
  doPublish(message: AdapterMessage): Promise<unknown>;
  onMessage(message: AdapterMessage): void;
}

type Declared = (type: string) => Outbound | undefined;
type Hear = (delivery: Publication, except: readonly string[]) => void;

/**
 * Socket.IO's sharded adapter on our link to Redis: a worker listens to the rooms that it has members in. On a server
 * before Redis 7 the same channels are common ones. It differs from the original in three things:
 * - messages of the hub come and go through its delivery: `carry` sends them, `hear` takes them;
 * - what Redis does not take now is not sent later;
 * - joining a room resolves when the room's channel is heard.
 *
 * `clock` is real time; `crossed` is told how many milliseconds a broadcast of another worker took to come here.
 * `declared`: what a message type of the namespace is declared as.
 */
export function redisAdapter(
  redis: Redis,
  clock: Clock,
  crossed: (ms: number) => void,
): (namespace: { readonly name: string }, declared: Declared, hear: Hear) => ShardedAdapter & Pick<Fanout, "carry"> {
  const create = createShardedAdapter(clientOf(redis), clientOf(redis), {
    channelPrefix: PREFIX,
    subscriptionMode: "dynamic",
  });

  return (namespace, declared, hear) => {
    const { name } = namespace;
    const adapter = create(namespace);
    const exchange = adapter as unknown as Exchange;
    const addAll = adapter.addAll.bind(adapter);
    const onMessage = exchange.onMessage.bind(adapter);

    exchange.onMessage = (message) => {
      if (message.uid === exchange.uid) return;
      const { packet, opts, delivery, sentAt } = message.data ?? {};
      if (sentAt !== undefined) crossed(clock.now() - sentAt);
      if (message.type !== MessageType.BROADCAST) return onMessage(message);
      const [type, payload] = packet.data;
      const { rooms, except } = opts;
      const outbound = delivery && declared(type);
      const known = { delivery: outbound?.delivery ?? "volatile", key: outbound?.key?.(payload) };
      hear({ ...delivery, message: { namespace: name, rooms, type, payload, ...known } }, except);
    };

    adapter.addAll = (id, rooms) => {
      addAll(id, rooms);
      const waits = [...rooms].flatMap((room) => redis.settled(`${PREFIX}#${name}#${room}#`) ?? []);
      return waits.length > 0 ? Promise.all(waits).then(() => {}) : undefined;
    };

    return Object.assign(adapter, {
      carry({ message: { rooms, type, payload }, ...delivery }: Publication, except: readonly string[] = []) {
        if (redis.state !== "live") return undefined;
        const packet = { type: EVENT, data: [type, payload], nsp: name } as const;
        const data = { packet, opts: { rooms, except, flags: {} }, delivery, sentAt: clock.now() };
        const published = exchange.doPublish({ uid: exchange.uid, nsp: name, type: MessageType.BROADCAST, data });
        return published.then(
          () => true,
          () => false,
        );
      },
    });
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
    sPublish: (channel: string, payload: string | Buffer) => redis.publish("sharded", channel, payload),
    sendCommand: (args: readonly string[]) => redis.command(args[2] ?? "", args),
  };
}
