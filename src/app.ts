import type { z } from "zod";
import { type AppChannel, type Channel, defineChannel, type InboundTypes } from "./hub/channel.ts";
import type { Clock } from "./hub/clock.ts";
import type { Hub } from "./hub/hub.ts";
import type { Limits } from "./hub/limits.ts";
import { type Message, type Publisher, publisher } from "./hub/message.ts";
import type { OutboundTypes } from "./hub/outbound.ts";
import { defineRoute, type Nothing, type Route, type RouteDeclaration } from "./hub/route.ts";
import type { Snapshot } from "./hub/snapshot.ts";
import type { Collection, Document, IndexDeclaration, Store } from "./store/collection.ts";
import type { RoomLog } from "./store/log.ts";

/** The parts of the server that all apps share. */
interface Shared {
  readonly clock: Clock;
  /** Counts and limits that hold on all workers together. */
  readonly limits: Limits;
  /**
   * Publishes a message of class `log` that no change of a document causes. Messages of changes go to
   * `collection.modify`.
   */
  readonly publish: Hub["publish"];
  /** Broadcasts a message of class `latest` or `volatile` that no change of a document causes. */
  readonly broadcast: Hub["broadcast"];
  /**
   * Reads data with the offsets of its rooms. A client that subscribes from there gets exactly the changes after it.
   */
  readonly snapshot: Snapshot;
  /** Removes a user's connections from a room on every worker; see `Hub.evict`. */
  readonly evict: Hub["evict"];
}

/** Returns the id of a demo user by its name. Throws an `Error` for a name that the server's demo does not have. */
export type DemoUserId = (name: string) => string;

/** Makes a message of another program's publication. Throws a `ZodError` or a `HubError` for a malformed one. */
export type ToMessage = (publication: unknown) => Message;

/** Opens a collection by its name, the schema that checks every write, and the indexes, which are its only queries. */
export type OpenCollection = <T extends Document, const I extends string = never>(
  name: string,
  schema: z.ZodType<T>,
  options?: { readonly indexes?: Readonly<Record<I, IndexDeclaration<T>>> },
) => Promise<Collection<T, I>>;

/** The dependencies of an app. `O`: its options. */
export interface AppDeps<O = undefined> extends Shared {
  /** The app's part of `cluster.config.ts`, checked by the schema of its options. */
  readonly options: O;
  /** Opens a collection; each name once. */
  readonly collection: OpenCollection;
  /** Makes the source of a sequence's numbers, from `startAfter` + 1. Each number is unique over all workers. */
  readonly sequence: (name: string, options?: { readonly startAfter?: number }) => () => Promise<number>;
  /** Serves a channel. Returns the publisher that builds the messages for its rooms. */
  readonly channel: <In extends InboundTypes, Out extends OutboundTypes>(
    namespace: string,
    declaration: AppChannel<In, Out>,
  ) => Publisher<Out>;
  /** Serves an HTTP route. */
  readonly route: <P extends z.ZodObject = Nothing, Q extends z.ZodObject = Nothing, B extends z.ZodObject = Nothing>(
    declaration: RouteDeclaration<P, Q, B>,
  ) => void;
  /** Serves HTTP routes made by `defineRoute`. */
  readonly routes: (routes: readonly Route[]) => void;
  /** Ingests a Redis channel: makes a message of each JSON that another program publishes there, and sends it. */
  readonly ingest: (redisChannel: string, toMessage: ToMessage) => void;
  /** Adds a function that stores demo data. It runs once per store, and never in production. */
  readonly seed: (plant: (userId: DemoUserId) => Promise<void>) => void;
  /** The messages of class `log` that are kept, by room. */
  readonly history: Pick<RoomLog, "read" | "newest" | "positions">;
}

/** The parts of the server that an app is started with. */
export interface AppServer extends Shared {
  readonly store: Store;
  /** The app's part of `cluster.config.ts`, parsed by the schema of its options. */
  readonly options: unknown;
}

/** An app that has started, with the parts that the hub serves. */
export interface RunningApp {
  readonly name: string;
  readonly channels: readonly Channel[];
  readonly routes: readonly Route[];
  /** The functions that make messages of publications, by Redis channel. */
  readonly ingest: ReadonlyMap<string, ToMessage>;
  readonly seeds: readonly ((userId: DemoUserId) => Promise<void>)[];
}

/** One app, made by `defineApp`. */
export interface App {
  /** The prefix under which every port serves it. */
  readonly name: string;
  /** The schema of its part of `cluster.config.ts`, for an app that has options. */
  readonly options: z.ZodType | undefined;
  start(server: AppServer): Promise<RunningApp>;
}

type SetUp<O> = (deps: AppDeps<O>) => Promise<void> | void;

/** Defines an app. `setUp` runs once on each worker, before it serves clients. */
export function defineApp(name: string, setUp: SetUp<undefined>): App;
export function defineApp<S extends z.ZodType>(
  name: string,
  settings: { readonly options: S },
  setUp: SetUp<z.output<S>>,
): App;
export function defineApp<S extends z.ZodType>(
  name: string,
  ...[settings, setUp]: [SetUp<undefined>] | [{ readonly options: S }, SetUp<z.output<S>>]
): App {
  if (typeof settings === "function") return appOf(name, undefined, settings);
  return appOf(name, settings.options, setUp as SetUp<unknown>);
}

function appOf<O>(name: string, options: z.ZodType | undefined, setUp: SetUp<O>): App {
  return {
    name,
    options,
    async start({ store, options: given, ...shared }) {
      const channels: Channel[] = [];
      const routes: Route[] = [];
      const ingest = new Map<string, ToMessage>();
      const seeds: ((userId: DemoUserId) => Promise<void>)[] = [];
      await setUp({
        ...shared,
        options: given as O,
        collection: collectionsOf(store),
        sequence:
          (sequence, { startAfter = 0 } = {}) =>
          async () =>
            startAfter + (await store.next(sequence)),
        channel(namespace, declaration) {
          const channel = defineChannel({ ...declaration, app: name, namespace });
          channels.push(channel);
          return publisher(channel.rootNamespace, declaration.outbound);
        },
        route: (declaration) => void routes.push(defineRoute(declaration)),
        routes: (declared) => void routes.push(...declared),
        ingest: (redisChannel, toMessage) => void ingest.set(redisChannel, toMessage),
        seed: (plant) => void seeds.push(plant),
        history: store.log,
      });
      return { name, channels, routes, ingest, seeds };
    },
  };
}

/** Makes the function with which an app opens collections of a store. */
export function collectionsOf(store: Store): OpenCollection {
  return <T extends Document, const I extends string>(
    name: string,
    schema: z.ZodType<T>,
    { indexes }: { readonly indexes?: Readonly<Record<I, IndexDeclaration<T>>> } = {},
  ) => store.collection<T, I>({ name, schema, indexes: indexes ?? ({} as Readonly<Record<I, IndexDeclaration<T>>>) });
}
