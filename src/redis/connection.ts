import type { RedisAddress } from "./address.ts";

/** A pair of connections to Redis. It ends at the first fault and does not reconnect. */
export interface RedisConnection {
  /** Sends a command. `key` selects the node of a Redis Cluster. Rejects when the connection ends before the answer. */
  command(key: string, args: readonly string[]): Promise<unknown>;
  publish(kind: ChannelKind, channel: string, payload: string | Buffer): Promise<unknown>;
  /** Resolves when Redis has confirmed the subscription. */
  subscribe(kind: ChannelKind, channel: string, listener: (payload: Buffer) => void): Promise<void>;
  unsubscribe(kind: ChannelKind, channel: string): Promise<void>;
  destroy(): void;
}

/**
 * The kind of a Redis channel. A sharded one costs only the workers that subscribe to it; before Redis 7 it is a common
 * one.
 */
export type ChannelKind = "sharded" | "common";

/** The time limit of a connect; milliseconds. */
const CONNECT_MS = 2_000;

type Listener = (payload: Buffer) => void;

/** The common interface of a client of one server and one of a Redis Cluster. */
interface Client {
  subscribe(channel: string, listener: Listener, bufferMode: true): Promise<void>;
  sSubscribe(channel: string, listener: Listener, bufferMode: true): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  sUnsubscribe(channel: string): Promise<void>;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: "error", listener: (error: Error) => void): unknown;
}

type Send = (key: string | undefined, args: readonly (string | Buffer)[]) => Promise<unknown>;

/**
 * Opens one connection for commands and publications, and one for subscriptions. Calls `onEnd` at the first fault of
 * either from then on. Rejects when it cannot connect, and when `signal` aborts.
 */
export async function connectRedis(
  address: RedisAddress,
  onEnd: (error: Error) => void,
  signal: AbortSignal,
): Promise<RedisConnection> {
  const target = address.kind === "sentinel" ? await findMaster(address, signal) : address;
  const opened: Client[] = [];
  const destroy = (): void => {
    for (const client of opened.splice(0)) quietly(() => client.destroy());
  };
  const open = async <C extends Client>(client: C): Promise<C> => {
    client.on("error", onEnd);
    opened.push(client);
    await client.connect();
    signal.throwIfAborted();
    return client;
  };
  signal.addEventListener("abort", destroy, { once: true });
  try {
    const { send, subscriber } = await openBoth(target, open);
    const sharded = (await majorVersion(send)) >= 7;
    signal.throwIfAborted();
    return {
      command: (key, args) => send(key, args),
      publish: (kind, channel, payload) =>
        sharded && kind === "sharded"
          ? send(channel, ["SPUBLISH", channel, payload])
          : send(undefined, ["PUBLISH", channel, payload]),
      subscribe: (kind, channel, listener) =>
        sharded && kind === "sharded"
          ? subscriber.sSubscribe(channel, listener, true)
          : subscriber.subscribe(channel, listener, true),
      unsubscribe: (kind, channel) =>
        sharded && kind === "sharded" ? subscriber.sUnsubscribe(channel) : subscriber.unsubscribe(channel),
      destroy,
    };
  } catch (error) {
    destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", destroy);
  }
}

/** Loads the client library. A worker without Redis starts faster without it. */
function loadRedis(): Promise<typeof import("redis")> {
  return import("redis");
}

type Open = <C extends Client>(client: C) => Promise<C>;

async function openBoth(address: RedisAddress, open: Open): Promise<{ send: Send; subscriber: Client }> {
  const { createClient, createCluster } = await loadRedis();
  if (address.kind === "cluster") {
    const { tls, connectTimeout, reconnectStrategy } = socketTo(address, "", 0);
    const cluster = createCluster({
      rootNodes: address.hosts.map(({ host, port }) => ({ socket: socketTo(address, host, port) })),
      defaults: { ...optionsOf(address), socket: { connectTimeout, reconnectStrategy, ...(tls && { tls }) } },
    });
    // The cluster's client opens separate connections for subscriptions.
    const subscriber = await open(cluster as unknown as Client);
    return { send: (key, args) => cluster.sendCommand(key, false, [...args]), subscriber };
  }
  const { host, port } = address.hosts[0] ?? { host: "localhost", port: 6_379 };
  const make = () => createClient({ ...optionsOf(address), socket: socketTo(address, host, port) });
  const client = make();
  const [, subscriber] = await Promise.all([open(client as unknown as Client), open(make() as unknown as Client)]);
  return { send: (_key, args) => client.sendCommand([...args]), subscriber };
}

function optionsOf({ username, password, database, kind }: RedisAddress) {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(kind !== "cluster" && { database }),
    // A command that cannot be sent now is not queued: it would be stale after a reconnect.
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled" as const,
  };
}

function socketTo({ tls }: RedisAddress, host: string, port: number) {
  return {
    host,
    port,
    connectTimeout: CONNECT_MS,
    reconnectStrategy: false as const,
    ...(tls && { tls: true as const }),
  };
}

async function majorVersion(send: Send): Promise<number> {
  const info = String(await send(undefined, ["INFO", "server"]));
  return Number(/redis_version:(\d+)/.exec(info)?.[1] ?? 0);
}

/** Resolves to the master's address, from the first sentinel that has it. */
async function findMaster(address: RedisAddress, signal: AbortSignal): Promise<RedisAddress> {
  let last: unknown = new Error("no sentinel has the address of the master: check its name in REDIS_URL");
  const { createClient } = await loadRedis();
  for (const { host, port } of address.hosts) {
    const client = createClient({
      disableClientInfo: true,
      maintNotifications: "disabled",
      socket: socketTo(address, host, port),
    });
    const destroy = (): void => quietly(() => client.destroy());
    client.on("error", (error) => {
      last = error;
    });
    signal.addEventListener("abort", destroy, { once: true });
    try {
      await client.connect();
      const found: unknown = await client.sendCommand(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", address.master ?? ""]);
      if (Array.isArray(found)) {
        return { ...address, kind: "server", hosts: [{ host: String(found[0]), port: Number(found[1]) }] };
      }
    } catch (error) {
      last = error;
    } finally {
      signal.removeEventListener("abort", destroy);
      destroy();
    }
    signal.throwIfAborted();
  }
  throw last;
}

/** Runs `action` and ignores its error: a closed client throws when it is destroyed. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {}
}
