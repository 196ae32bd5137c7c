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

/** The part of an app that the server shares with it. */
interface Shared {
  readonly clock: Clock;
  /** Counts and limits that hold on all workers together. */
  readonly limits: Limits;
  /** Publishes a message of class `log` that no change of a document carries (those go out with `collection.modify`). */
  readonly publish: Hub["publish"];
  /** Broadcasts a message of class `latest` or `volatile` that no change of a document carries. */
  readonly broadcast: Hub["broadcast"];
  /** Reads data with the places of rooms where those who subscribe from there on get exactly what came after. */
  readonly snapshot: Snapshot;
  /** `Hub.evict`, on every worker. */
  readonly evict: Hub["evict"];
}

/** Gives the id of a demo user by its name. Throws an `Error` for a name that the server's demo does not have. */
export type DemoUserId = (name: string) => string;

/** Turns what another program has published into a message. Throws a `ZodError` or a `HubError` for anything else. */
export type ToMessage = (publication: unknown) => Message;

/** Opens a collection: its name, the schema that every write is checked against, and the only queries it will answer. */
export type OpenCollection = <T extends Document, const I extends string = never>(
  name: string,
  schema: z.ZodType<T>,
  options?: { readonly indexes?: Readonly<Record<I, IndexDeclaration<T>>> },
) => Promise<Collection<T, I>>;

/** What an app is made with. `O`: its options. */
export interface AppDeps<O = undefined> extends Shared {
  /** The app's part of `cluster.config.ts`, checked by the schema of its options. */
  readonly options: O;
  /** Opens a collection; each name once. */
  readonly collection: OpenCollection;
  /** Makes the source of a sequence's numbers, from `startAfter` + 1; none is given twice, not even by two workers. */
  readonly sequence: (name: string, options?: { readonly startAfter?: number }) => () => Promise<number>;
  /** Serves a channel, and gives what builds the messages for its rooms. */
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
  /** Sends the messages that come of what other programs publish on a Redis channel as JSON. */
  readonly ingest: (redisChannel: string, toMessage: ToMessage) => void;
  /** Puts demo data in place where there is none yet; never called in production. */
  readonly seed: (plant: (userId: DemoUserId) => Promise<void>) => void;
  /** The messages of class `log` that are kept, by room. */
  readonly history: Pick<RoomLog, "read" | "newest" | "positions">;
}

/** What the server starts an app with. */
export interface AppServer extends Shared {
  readonly store: Store;
  /** What the schema of the app's options has made of its part of `cluster.config.ts`. */
  readonly options: unknown;
}

/** An app that has started: what it has the hub serve. */
export interface RunningApp {
  readonly name: string;
  readonly channels: readonly Channel[];
  readonly routes: readonly Route[];
  /** By Redis channel. */
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

/** Defines an app; `setUp` is run once on each worker, before it serves anybody. */
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

/** Opens collections of a store as apps do. */
export function collectionsOf(store: Store): OpenCollection {
  return <T extends Document, const I extends string>(
    name: string,
    schema: z.ZodType<T>,
    { indexes }: { readonly indexes?: Readonly<Record<I, IndexDeclaration<T>>> } = {},
  ) => store.collection<T, I>({ name, schema, indexes: indexes ?? ({} as Readonly<Record<I, IndexDeclaration<T>>>) });
}
