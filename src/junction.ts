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
import { type OpenDoors, openDoors } from "./http/doors.ts";
import { publishRoute } from "./http/publish-route.ts";
import { createHttpApp } from "./http/server.ts";
import type { Channel } from "./hub/channel.ts";
import { type Clock, systemClock } from "./hub/clock.ts";
import { Drain } from "./hub/drain.ts";
import { Endings } from "./hub/endings.ts";
import { HubEvents } from "./hub/events.ts";
import { Hub } from "./hub/hub.ts";
import { type Log, logHubEvents } from "./observability/log.ts";
import { createMetrics, type Metrics } from "./observability/metrics.ts";
import { connectPeers } from "./redis/peers.ts";
import { startApps } from "./start-apps.ts";
import type { Store } from "./store/collection.ts";
import { openStore } from "./store/open.ts";
import { createTransports } from "./transports/transports.ts";

/** One worker of the hub. */
export interface Junction {
  readonly hub: Hub;
  readonly store: Store;
  readonly metrics: Metrics;
  /** The channels of all apps, as declared. */
  readonly channels: readonly Channel[];
  /** The open doors, with the actual port of a door at port 0. */
  readonly doors: readonly DoorConfig[];
  /**
   * Makes the worker unready, moves its clients off over the configured time, finishes the requests in flight, and
   * closes. Until its clients have left it serves as before, new clients too.
   */
  drain(): Promise<void>;
  /**
   * Takes no more clients, closes the connections with 1001, and closes all parts down to the database. When a part
   * fails to close, the others are closed all the same, and the promise rejects with its error.
   */
  close(): Promise<void>;
}

export interface JunctionOptions {
  readonly log: Log;
  readonly apps: readonly App[];
  /** The roles of users. A token without a role has the first. `admin` may publish by `POST /api/publish`. */
  readonly roles: Roles;
  /** The users of the demo data. Absent: no demo data. */
  readonly demo?: Demo;
  readonly clock?: Clock;
  /** The function that tests end a worker with; see `FaultPoint`. */
  readonly faultPoint?: FaultPoint;
}

/** The time that clients and requests have to end by themselves when the worker closes; milliseconds. */
const CLOSING_MS = 1_000;

/** The time that the requests of a draining worker have to end; milliseconds. */
const FINISHING_MS = 10_000;

/**
 * Starts one worker of the hub; the composition root. Rejects when a part of it cannot start as configured, after the
 * parts before it have ended.
 */
export async function startJunction(config: Config, options: JunctionOptions): Promise<Junction> {
  const events = new HubEvents();
  const endings = new Endings();
  logHubEvents(events, options.log);
  try {
    return await start(config, options, events, endings);
  } catch (error) {
    await endings.run().catch((failure: unknown) => {
      events.emit("fault", { where: "ending a worker that could not start", error: failure });
    });
    throw error;
  }
}

/** Starts the parts one after another and adds each to `endings`, in case the next one fails, and for the end. */
async function start(
  config: Config,
  { log, clock = systemClock, apps: declared, roles, demo, faultPoint }: JunctionOptions,
  events: HubEvents,
  endings: Endings,
): Promise<Junction> {
  const secrets = await resolveSecrets({ ...config, nodeEnv: config.production ? "production" : undefined });
  const store = await openStore({ ...config, clock, events });
  endings.add("store", () => store.close());
  const link = await connectPeers({ ...config, clock, events });
  endings.add("peers", () => link.close());
  const { limits, control, peers, adapterOf } = link;
  const commands = await openCommands({ store, clock, events });
  endings.add("commands", () => commands.stop());
  const expiringValues = link.shareValues(localExpiringValues(clock));
  const onRevoked = control.revoke;
  const auth = await startAuth({ store, clock, limits, expiringValues, secrets, roles, onRevoked, events });
  endings.add("auth", () => auth.stop());
  const { authenticator } = auth;
  const hub = new Hub({ clock, limits, authenticator, commands, events });

  const publish = hub.publish.bind(hub);
  const broadcast = hub.broadcast.bind(hub);
  const snapshot = createSnapshot(store.log);
  const shared = { store, clock, limits, publish, broadcast, snapshot, evict: control.evict };
  const apps = await startApps({ ...shared, apps: declared, options: config.options, roles });
  const { channels } = apps;
  if (config.seedDemo && demo) {
    await auth.seedDemo(demo);
    await apps.seed((name) => idOfDemoUser(demo, name));
  }

  const transports = createTransports(hub, channels, { ...config, windowMs: config.coalesceMs, adapterOf });
  endings.add("transports", () => transports.close());
  const { fanout } = transports;
  const delivering = await startDelivery({ ...config, store, channels, clock, events, fanout, peers, faultPoint });
  endings.add("delivery", () => delivering.stop());
  const { delivery } = delivering;
  hub.attach(delivery);
  store.relayTo(delivery);
  const metrics = createMetrics({ events, subscriptions: () => transports.subscriptions() });
  link.connect({ hub, receiver: delivery, channels, ingest: apps.ingest });

  const drain = new Drain(hub, config.cluster);
  const doors: DoorConfig[] = [];
  const http = createHttpApp({
    routes: [...auth.routes, ...apps.routes, publishRoute(hub, channels)],
    channels,
    doors: () => doors,
    authenticator,
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
    // Only the nginx of the cluster connects to a worker's Unix sockets.
    trustedProxies: config.sockets === undefined ? config.trustedProxies : 1,
    origins: config.origins,
  });
  const serve = (server: Server, names: readonly string[]): void => transports.serve(server, names, http);

  let patienceMs = CLOSING_MS;
  const opened: OpenDoors[] = [];
  endings.add("connections", async () => {
    const stopped = Promise.all(opened.map((one) => one.stop(patienceMs)));
    hub.endWhere(() => true, "draining");
    await stopped;
  });
  // This ending runs first: nginx must not choose a worker that takes no more clients.
  endings.add("doors", () => Promise.all(opened.map((one) => one.hide())));
  const sessions = await openDoors(doorsOf(config, "sessions"), serve);
  opened.push(sessions);
  doors.push(...sessions.opened);
  // nginx connects new clients here and not to the sockets of the sessions, so that the entrances can be closed first.
  const entrances = await openDoors(config.sockets === undefined ? [] : doorsOf(config, "entrance"), serve);
  opened.push(entrances);

  return {
    hub,
    metrics,
    store,
    channels,
    doors,
    async drain() {
      await entrances.hide();
      await drain.run();
      patienceMs = FINISHING_MS;
      await endings.run();
    },
    close: () => endings.run(),
  };
}

function idOfDemoUser({ users }: Demo, name: string): string {
  const user = users[name];
  if (!user) throw new Error(`there is no demo user "${name}"; use one of ${Object.keys(users).join(", ")}`);
  return user.id;
}

/** Returns the doors of a worker: ports, or under `npm run cluster` the Unix sockets of this kind. */
function doorsOf({ doors, sockets, worker }: Config, kind: SocketKind): (DoorConfig & { path?: string })[] {
  if (sockets === undefined) return [...doors];
  return doors.map((door, i) => ({ ...door, path: socketPath(sockets, worker, i, kind) }));
}
