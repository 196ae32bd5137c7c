import { z } from "zod";
import type { App, AppServer, DemoUserId, ToMessage } from "./app.ts";
import type { Channel } from "./hub/channel.ts";
import type { Role } from "./hub/identity.ts";
import type { Route } from "./hub/route.ts";
import { defineCollection } from "./store/collection.ts";

export interface AppsOptions extends Omit<AppServer, "options"> {
  readonly apps: readonly App[];
  /** The options of the apps by name; see `Config`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The roles that users can have. */
  readonly roles: readonly Role[];
}

/** The started apps of a server. */
export interface RunningApps {
  readonly channels: readonly Channel[];
  readonly routes: readonly Route[];
  /** The functions that make messages of publications, by Redis channel. */
  readonly ingest: Readonly<Record<string, ToMessage>>;
  /** Stores the demo data of each app once. Data that was removed since is not stored again. */
  seed(userId: DemoUserId): Promise<void>;
}

/** The names of the apps whose demo data has been stored. */
const seededCollection = defineCollection({ name: "seeded", schema: z.object({ id: z.string() }), indexes: {} });

/**
 * Starts all apps at once. Rejects with the first failure, once all apps have started or failed. Rejects with an
 * `Error` for a route of a role that is not declared.
 */
export async function startApps({ apps, options, roles, ...shared }: AppsOptions): Promise<RunningApps> {
  const starting = apps.map((app) => app.start({ ...shared, options: options[app.name] }));
  await Promise.allSettled(starting);
  const running = await Promise.all(starting);
  const routes = running.flatMap((app) => app.routes);
  for (const { method, path, roles: named = [] } of routes) {
    const unknown = named.find((role) => !roles.includes(role));
    if (unknown === undefined) continue;
    throw new Error(
      `${method.toUpperCase()} ${path} is for the role "${unknown}"; declare it, or use one of ${roles.join(", ")}`,
    );
  }
  return {
    channels: running.flatMap(({ channels }) => channels),
    routes,
    ingest: Object.fromEntries(running.flatMap(({ ingest }) => [...ingest])),
    async seed(userId) {
      const seeded = await shared.store.collection(seededCollection);
      for (const { name, seeds } of running) {
        if (seeds.length === 0 || (await seeded.get(name))) continue;
        for (const plant of seeds) await plant(userId);
        // Another worker may have stored the same data at the same time.
        await seeded.ensure({ id: name });
      }
    },
  };
}
