import { createShardedAdapter } from "@socket.io/redis-adapter";
import { type Adapter, MessageType } from "socket.io-adapter";
import type { Channel } from "../hub/channel.ts";
import type { Clock } from "../hub/clock.ts";
import type { HubEvents } from "../hub/events.ts";
import type { PeerReceiver, Peers, Publication } from "../hub/message.ts";
import type { OutboundTypes } from "../hub/outbound.ts";
import type { Redis } from "./redis.ts";

const PREFIX = "junction:rooms";

/** The type of an event among the packets of Socket.IO's protocol. */
const EVENT = 2;

/** A broadcast between adapters, with two fields of the hub. */
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
    /** The version, or the offset and positions. Absent in broadcasts of other programs, which count as `volatile`. */
    readonly delivery?: Omit<Publication, "message">;
    /** The time at which it was sent; epoch milliseconds. */
    readonly sentAt?: number;
  };
}

/** The adapter's methods to send and receive, which it declares `protected`. */
interface Exchange {
  /** The id of the sending adapter. A worker receives its own messages too. */
  readonly uid: string;
  doPublish(message: AdapterMessage): Promise<unknown>;
  onMessage(message: AdapterMessage): void;
}

/**
 * Socket.IO's sharded adapters on the worker's link to Redis, one for each root namespace. A worker subscribes to the
 * rooms that it has members in. On a server before Redis 7 the same channels are common ones. The adapters differ from
 * the original in three points:
 * - messages of the hub go from `publish` to the receiver of each other worker;
 * - a message that Redis does not take now is not sent later;
 * - joining a room resolves when Redis has confirmed the subscription to the room's channel.
 */
export class RedisRooms implements Peers {
  readonly #redis: Redis;
  readonly #clock: Clock;
  readonly #events: HubEvents;
  readonly #create: ReturnType<typeof createShardedAdapter>;
  /** By namespace. */
  readonly #exchanges = new Map<string, Exchange>();
  /** By root namespace, the messages that its channels declare. */
  readonly #declared = new Map<string, OutboundTypes>();
  #receiver: PeerReceiver | undefined;

  /** Makes the adapters' common part. `clock` is real time. */
  constructor(redis: Redis, clock: Clock, events: HubEvents) {
    this.#redis = redis;
    this.#clock = clock;
    this.#events = events;
    this.#create = createShardedAdapter(clientOf(redis), clientOf(redis), {
      channelPrefix: PREFIX,
      subscriptionMode: "dynamic",
    });
  }

  /** Makes the adapter of a root namespace. Socket.IO calls it. */
  adapterOf(namespace: { readonly name: string }): Adapter {
    const { name } = namespace;
    const adapter = this.#create(namespace);
    const exchange = adapter as unknown as Exchange;
    const addAll = adapter.addAll.bind(adapter);
    const onMessage = exchange.onMessage.bind(adapter);
    this.#exchanges.set(name, exchange);

    exchange.onMessage = (message) => {
      if (message.uid === exchange.uid) return;
      const { sentAt } = message.data ?? {};
      if (sentAt !== undefined) this.#events.emit("crossed", { ms: this.#clock.now() - sentAt });
      if (message.type === MessageType.BROADCAST) this.#receive(name, message.data);
      else onMessage(message);
    };

    adapter.addAll = (id, rooms) => {
      addAll(id, rooms);
      const waits = [...rooms].flatMap((room) => this.#redis.settled(`${PREFIX}#${name}#${room}#`) ?? []);
      return waits.length > 0 ? Promise.all(waits).then(() => {}) : undefined;
    };

    return adapter;
  }

  /** Passes the other workers' publications to a receiver from now on, with the classes that these channels declare. */
  deliverTo(receiver: PeerReceiver, channels: readonly Channel[]): void {
    for (const { rootNamespace, outbound } of channels) {
      this.#declared.set(rootNamespace, { ...outbound, ...this.#declared.get(rootNamespace) });
    }
    this.#receiver = receiver;
  }

  publish({ message, ...delivery }: Publication, except: readonly string[] = []): Promise<boolean> | undefined {
    const { namespace, rooms, type, payload } = message;
    const exchange = this.#exchanges.get(namespace);
    if (!exchange || this.#redis.state !== "live") return undefined;
    const packet = { type: EVENT, data: [type, payload], nsp: namespace } as const;
    const data = { packet, opts: { rooms, except, flags: {} }, delivery, sentAt: this.#clock.now() };
    const publishing = exchange.doPublish({ uid: exchange.uid, nsp: namespace, type: MessageType.BROADCAST, data });
    return publishing.then(
      () => true,
      () => false,
    );
  }

  #receive(namespace: string, { packet, opts, delivery }: AdapterMessage["data"]): void {
    const [type, payload] = packet.data;
    const { rooms, except } = opts;
    const outbound = delivery && this.#declared.get(namespace)?.[type];
    const declared = { delivery: outbound?.delivery ?? "volatile", key: outbound?.key?.(payload) };
    this.#receiver?.receive({ ...delivery, message: { namespace, rooms, type, payload, ...declared } }, except);
  }
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
