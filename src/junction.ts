import type { Server } from "node:http";
import type { App } from "./app.ts";
import { startAuth } from "./auth/auth.ts";
import type { Demo } from "./auth/demo.ts";
import { localExpiringValues } from "./auth/expiring-values.ts";
import { resolveSecrets } from "./auth/secrets.ts";
import type { Roles } from "./auth/tokens.ts";
import { type SocketKind, socketPath } from "./cluster/sockets.ts";
import { openCommands } from "./commands/command-records.ts";
import type { Config, DoorConfig } from "./config.ts";
import type { FaultPoint } from "./delivery/faults.ts";
import { createSnapshot } from "./delivery/snapshot.ts";
import { startDelivery } from "./delivery/start.ts";
import { openDoors } from "./http/doors.ts";
import { publishRoute } from "./http/publish-route.ts";
import { createHttpApp } from "./http/server.ts";
import type { Channel } from "./hub/channel.ts";
import { type Clock, systemClock } from "./hub/clock.ts";
import { Drain } from "./hub/drain.ts";
import { HubEvents } from "./hub/events.ts";
import { Hub } from "./hub/hub.ts";
import { type Log, logHubEvents } from "./observability/log.ts";
import { createMetrics, type Metrics } from "./observability/metrics.ts";
import { connectPeers } from "./redis/peers.ts";
import { startApps } from "./start-apps.ts";
import type { Store } from "./store/collection.ts";
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
  readonly apps: readonly App[];
  /** What users can be; a token that names no role has the first. `admin` may publish by `POST /api/publish`. */
  readonly roles: Roles;
  /** Who the demo data is about; without it there is none. */
  readonly demo?: Demo;
  readonly clock?: Clock;
  /** For tests alone: called at the points at which a worker can be made to die. */
  readonly faultPoint?: FaultPoint;
}

/** How long clients and requests have to end by themselves when the worker closes. */
const CLOSING_MS = 1_000;

/** The same for the requests of a worker that drains: it is not in a hurry. */
const FINISHING_MS = 10_000;

/** The composition root: one worker of the hub, made of all its rooms. Rejects when it cannot start as configured. */
export async function startJunction(
  config: Config,
  { log, clock = systemClock, apps: declared, roles, demo, faultPoint }: JunctionOptions,
): Promise<Junction> {
  const secrets = await resolveSecrets({ ...config, nodeEnv: config.production ? "production" : undefined });
  const events = new HubEvents();
  logHubEvents(events, log);
  const store = await openStore({ ...config, clock, events });
  const link = await connectPeers({ ...config, clock, events }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const { limits, control } = link;
  const auth = await startAuth({
    store,
    clock,
    limits,
    expiringValues: link.shareValues(localExpiringValues(clock)),
    secrets,
    roles,
    onRevoked: control.revoke,
    events,
  });
  const commands = await openCommands({ store, clock, events });
  const hub = new Hub({ clock, limits, authenticator: auth.authenticator, commands, events });

  const apps = await startApps({
    apps: declared,
    options: config.options,
    roles,
    store,
    clock,
    limits,
    publish: hub.publish.bind(hub),
    broadcast: hub.broadcast.bind(hub),
    snapshot: createSnapshot(store.log),
    evict: control.evict,
  });
  const { channels } = apps;
  if (config.seedDemo && demo) {
    await auth.seedDemo(demo);
    await apps.seed((name) => idOfDemoUser(demo, name));
  }

  const transports = createTransports(hub, channels, {
    ...config,
    windowMs: config.coalesceMs,
    adapterOf: link.adapterOf,
  });
  const { fanout } = transports;
  const { peers } = link;
  const delivering = await startDelivery({ ...config, store, channels, clock, events, fanout, peers, faultPoint });
  const { delivery } = delivering;
  hub.attach(delivery);
  store.relayTo(delivery);
  const metrics = createMetrics({ events, subscriptions: () => transports.subscriptions() });
  link.connect({ hub, receiver: delivery, channels, ingest: apps.ingest });
  const drain = new Drain(hub, config.cluster);
  const http = createHttpApp({
    routes: [...auth.routes, ...apps.routes, publishRoute(hub, channels)],
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
        ...(link.check ? [{ name: "redis", check: link.check, isOptional: true }] : []),
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
    await link.close();
    await store.close();
  }

  function socketDoors(kind: SocketKind): (DoorConfig & { path?: string })[] {
    const { sockets, worker } = config;
    if (sockets === undefined) return [...config.doors];
    return config.doors.map((door, i) => ({ ...door, path: socketPath(sockets, worker, i, kind) }));
  }

  async function giveUp(error: unknown): Promise<never> {
    await transports.close();
    await auth.stop();
    await link.close();
    await store.close();
    throw error;
  }
}

function idOfDemoUser({ users }: Demo, name: string): string {
  const user = users[name];
  if (!user) throw new Error(`there is no demo user "${name}"; there is ${Object.keys(users).join(", ")}`);
  return user.id;
}
