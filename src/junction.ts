import type { Server } from "node:http";
import { z } from "zod";
import type { App, AppDeps } from "./app.ts";
import { APPS } from "./apps/index.ts";
import { startAuth } from "./auth/auth.ts";
import { DEMO_USERS } from "./auth/demo.ts";
import { localExpiringValues } from "./auth/expiring-values.ts";
import { resolveSecrets } from "./auth/secrets.ts";
import { type SocketKind, socketPath } from "./cluster/sockets.ts";
import { openCommands } from "./commands/command-records.ts";
import type { Config, DoorConfig } from "./config.ts";
import type { Delivery } from "./delivery/delivery.ts";
import type { FaultPoint } from "./delivery/faults.ts";
import { createSnapshot } from "./delivery/snapshot.ts";
import { startDelivery } from "./delivery/start.ts";
import { openDoors } from "./http/doors.ts";
import { publishRoute } from "./http/publish-route.ts";
import { createHttpApp } from "./http/server.ts";
import type { Channel } from "./hub/channel.ts";
import { type Clock, systemClock } from "./hub/clock.ts";
import { Drain } from "./hub/drain.ts";
import { HubError } from "./hub/errors.ts";
import { Hub } from "./hub/hub.ts";
import { type Log, logHubEvents } from "./observability/log.ts";
import { createMetrics, type Metrics } from "./observability/metrics.ts";
import { connectPeers } from "./redis/peers.ts";
import { defineCollection, type Store } from "./store/collection.ts";
import { openStore } from "./store/open.ts";
import { createTransports } from "./transports/transports.ts";

export interface Junction {
  readonly hub: Hub;
  readonly store: Store;
  readonly metrics: Metrics;
  /** Everything that is served, as declared. */
  readonly channels: readonly Channel[];
  /** The doors as they were opened: a door at port 0 has got a free one. */
  readonly doors: readonly DoorConfig[];
  /**
   * Makes the worker unready, moves its clients off over the configured time, finishes what is in flight, and closes.
   * Until its clients have gone it serves as ever, those too who come late.
   */
  drain(): Promise<void>;
  /** Takes no more clients, ends those that are here with 1001, and closes the database. */
  close(): Promise<void>;
}

export interface JunctionOptions {
  readonly log: Log;
  readonly clock?: Clock;
  readonly apps?: readonly App[];
  /** For tests alone: is told where a worker can be made to die. */
  readonly faultPoint?: FaultPoint;
}

/** How long clients and requests have to end by themselves when the worker closes. */
const CLOSING_MS = 1_000;

/** The same for the requests of a worker that drains: it is not in a hurry. */
const FINISHING_MS = 10_000;

/** Remembers which apps have their demo data, so that what a user removes does not come back. */
const seededCollection = defineCollection({ name: "seeded", schema: z.object({ id: z.string() }), indexes: {} });

/** The composition root: one worker of the hub, made of all its rooms. Rejects when it cannot start as configured. */
export async function startJunction(
  config: Config,
  { log, clock = systemClock, apps: declared = APPS, faultPoint }: JunctionOptions,
): Promise<Junction> {
  const secrets = await resolveSecrets({ ...config, nodeEnv: config.production ? "production" : undefined });
  const onFault = (where: string, error: unknown): void => void hub.events.emit("fault", { where, error });
  let delivery: Delivery | undefined;
  const store = await openStore({
    ...config,
    clock,
    onFault,
    // What dead workers have left goes out when there is a way out.
    relay: async (...messages) => {
      if (!delivery) throw new HubError("unavailable");
      return delivery.relay(...messages);
    },
  });
  const cluster = await connectPeers({ ...config, clock, hub: () => hub }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const { limits, bus } = cluster;
  const auth = await startAuth({
    store,
    clock,
    limits,
    expiringValues: cluster.shareValues(localExpiringValues(clock)),
    secrets,
    onRevoked: (credentialId) => bus.revoke(credentialId),
    onFault,
  });
  const commands = await openCommands({ store, clock, onFault });
  const hub = new Hub({ clock, limits, authenticator: auth.authenticator, commands });
  logHubEvents(hub.events, log);

  const tools: AppDeps = {
    store,
    clock,
    limits,
    config,
    publish: (message) => hub.publish(message),
    snapshot: createSnapshot(store.log),
    evict: (...args) => bus.evict(...args),
  };
  const apps = await Promise.all(declared.map(async (app) => ({ ...(await app.start(tools)), name: app.name })));
  if (config.seedDemo) await seedDemo();

  const channels = apps.flatMap((app) => app.channels);
  const transports = createTransports(hub, channels, {
    ...config,
    windowMs: config.coalesceMs,
    rooms: cluster.rooms,
    hear: (message, except) => delivery?.receive(message, except),
  });
  const { events } = hub;
  const delivering = await startDelivery({
    ...config,
    ...transports,
    store,
    channels,
    clock,
    events,
    faultPoint,
    onFault,
  });
  delivery = delivering.delivery;
  hub.attach(delivery);
  const metrics = createMetrics({ events: hub.events, subscriptions: () => transports.subscriptions() });
  cluster.connect(hub, delivery, Object.assign({}, ...apps.map(({ ingest: inlets }) => inlets)));
  const drain = new Drain(hub, config.cluster);
  const http = createHttpApp({
    routes: [...auth.routes, ...apps.flatMap(({ routes }) => routes ?? []), publishRoute(hub, channels)],
    channels,
    doors: () => doors.opened,
    authenticator: auth.authenticator,
    commands,
    log,
    health: {
      worker: config.worker,
      checks: [
        { name: "worker", check: () => drain.check() },
        { name: "store", check: () => store.ping() },
        ...(cluster.check ? [{ name: "redis", check: cluster.check, isOptional: true }] : []),
      ],
      clock,
    },
    metrics: { source: metrics, token: config.metricsToken },
    // A worker on sockets hears from nobody but the nginx of its cluster.
    trustedProxies: config.sockets === undefined ? config.trustedProxies : 1,
    origins: config.origins,
  });
  const serve = (server: Server, names: readonly string[]): void => transports.serve(server, names, http);
  const doors = await openDoors(socketDoors("sessions"), serve).catch(giveUp);
  /** Where nginx looks for new clients, apart from those of the sessions, so that they can be closed first. */
  const entrances = await openDoors(config.sockets === undefined ? [] : socketDoors("entrance"), serve).catch(giveUp);

  return {
    hub,
    metrics,
    store,
    channels,
    doors: doors.opened,
    async drain() {
      await entrances.hide();
      await drain.run();
      await close(FINISHING_MS);
    },
    close: () => close(CLOSING_MS),
  };

  async function close(ms: number): Promise<void> {
    await Promise.all([entrances.hide(), doors.hide()]);
    const stopped = Promise.all([entrances.stop(ms), doors.stop(ms)]);
    hub.endWhere(() => true, "draining");
    await stopped;
    await transports.close();
    await auth.stop();
    await delivering.stop();
    await commands.stop();
    await cluster.close();
    await store.close();
  }

  function socketDoors(kind: SocketKind): (DoorConfig & { path?: string })[] {
    const { sockets, worker } = config;
    if (sockets === undefined) return [...config.doors];
    return config.doors.map((door, i) => ({ ...door, path: socketPath(sockets, worker, i, kind) }));
  }

  async function seedDemo(): Promise<void> {
    await auth.seedDemo();
    const seeded = await store.collection(seededCollection);
    for (const { name, seed } of apps) {
      if (!seed || (await seeded.get(name))) continue;
      await seed(DEMO_USERS);
      // Another worker may have been just as quick; the data is the same.
      await seeded.ensure({ id: name });
    }
  }

  async function giveUp(error: unknown): Promise<never> {
    await transports.close();
    await auth.stop();
    await cluster.close();
    await store.close();
    throw error;
  }
}
