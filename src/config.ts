import { z } from "zod";
import type { App } from "./app.ts";

/** A port and the apps that it serves at their documented URLs. */
export interface DoorConfig {
  readonly port: number;
  readonly apps: readonly string[];
}

const port = z.coerce.number().int().min(0).max(65_535);

/** The options of `cluster.config.ts`; apps that have options of their own add a part each, under their names. */
const fileSchema = z.strictObject({
  /**
   * Which port serves which apps at their documented URLs; every port serves all of them under their names. Default:
   * port 3000 with all of them.
   */
  doors: z
    .array(z.strictObject({ port, apps: z.array(z.string()) }))
    .min(1)
    .optional(),
  /** Where the embedded database and the development secret live. */
  dataDir: z.string().min(1).default("./data"),
  /** Largest message that a client may send, in bytes; a larger one is closed with 1009. */
  maxPayloadBytes: z
    .number()
    .int()
    .min(128)
    .default(16 * 1024),
  /** Bytes that a slow client may leave untaken before its queue is thinned and, if that is not enough, closed 1013. */
  budgetBytes: z
    .number()
    .int()
    .min(16 * 1024)
    .default(1024 * 1024),
  /**
   * Milliseconds that writes wait for more to be joined with, while the loop is busy writing; they never wait longer than
   * the last ones took, so that a loop with time to spare writes at the end of the tick. 0: always so.
   */
  coalesceMs: z.number().min(0).max(5).default(1),
  /** Origins whose pages may call the HTTP API and the polling transport. */
  origins: z.union([z.literal("*"), z.array(z.url())]).default("*"),
  cluster: z
    .strictObject({
      /** How many workers `npm run cluster` starts; default: one per core. `HUB_WORKERS` wins. */
      workers: z.number().int().min(1).max(64).optional(),
      /** Milliseconds over which a worker that was told to end (SIGTERM) moves its clients off, in batches. */
      drainMs: z.number().int().min(0).max(600_000).default(10_000),
      /** Clients are asked to come back after a random delay of up to this many milliseconds. */
      comeBackMs: z.number().int().min(0).max(600_000).default(2_000),
      /** Loopback port where the primary serves `/metrics`, summed over its workers; 0 takes a free one. */
      metricsPort: port.default(9464),
    })
    .prefault({}),
  nginx: z
    .strictObject({
      /** Certificate (with its chain) and key, as PEM files: every door then speaks https and wss. */
      tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
      /** Clients that each of nginx's processes (one per core) can have at once. */
      clientsPerProcess: z.number().int().min(16).max(500_000).default(10_000),
      /** New WebSocket and Socket.IO connections that one address may open per second; more are answered 429. */
      connectionsPerSecond: z.number().int().min(1).max(1_000_000).default(200),
      /** How many more may come at once before that rate is held. */
      connectionsBurst: z.number().int().min(1).max(1_000_000).default(1_000),
      /** Seconds that a client may take to send its request's headers, and between two parts of its body. */
      headerTimeoutSeconds: z.number().int().min(1).max(300).default(10),
      /** Kilobytes that the headers of a request may take together. */
      headerKilobytes: z.number().int().min(8).max(64).default(32),
      /** Kilobytes that the body of a request may have. */
      bodyKilobytes: z.number().int().min(16).max(1024).default(64),
    })
    .prefault({}),
  /**
   * How many messages of class `log` a room keeps for clients that come back, and for how many hours, by root namespace:
   * `{ "/events": { messages: 5000 } }`. Default: what the channel declares, else 1,000 and 24 hours.
   */
  retention: z
    .record(
      z.string().startsWith("/"),
      z.strictObject({
        messages: z.number().int().min(1).max(1_000_000).optional(),
        hours: z.number().positive().max(87_600).optional(),
      }),
    )
    .default({}),
  /** How much is logged. */
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

type Settings = z.output<typeof fileSchema>;

/** An app as its configuration sees it. */
export type ConfiguredApp = Pick<App, "name" | "options">;

/** What `cluster.config.ts` may say. Beside the hub's own options it has those of apps, which are checked at start. */
export type ConfigFile = z.input<typeof fileSchema> & Readonly<Record<string, unknown>>;

/** Gives `cluster.config.ts` its types. */
export function defineConfig(file: ConfigFile): ConfigFile {
  return file;
}

export interface Config extends Readonly<Omit<Settings, "doors">> {
  readonly doors: readonly DoorConfig[];
  /** The options of the apps, by app: what the schema of each has made of its part of the file. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly production: boolean;
  /** Whether the demo data is put in place: on the embedded default, never in production. */
  readonly seedDemo: boolean;
  /** This worker's name, `w1` where there is only one; session ids begin with it. */
  readonly worker: string;
  /** How many workers `npm run cluster` starts; absent: one per core. */
  readonly workers: number | undefined;
  /** Under `npm run cluster`: the folder with the sockets on which nginx finds this worker; it has no ports then. */
  readonly sockets: string | undefined;
  /** Proxies whose `X-Forwarded-For` is believed; absent: none. */
  readonly trustedProxies: string | undefined;
  /** What a scraper that is not on this machine shows as a bearer token to read `/metrics`. */
  readonly metricsToken: string | undefined;
  readonly mongodbUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly jwtSecret: string | undefined;
  readonly jwksUrl: string | undefined;
  /** What looked like a setting but is none; to be told, not to stop for. */
  readonly warnings: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The last three are for whoever starts a worker (the primary, a container): its name, its sockets, its proxies. */
const HUB_NAMES = ["HUB_DOORS", "HUB_WORKERS", "HUB_DATA_DIR", "HUB_WORKER", "HUB_SOCKETS", "HUB_PROXIES"] as const;

/**
 * The configuration of one worker: the environment wins over `cluster.config.ts`, which wins over the defaults.
 * Throws an `Error` whose text names every setting that is wrong.
 */
export function loadConfig(env: Environment, file: unknown, apps: readonly ConfiguredApp[]): Config {
  const { settings, options } = parseFile(file ?? {}, apps);
  const names = apps.map(({ name }) => name);
  const doors = doorsFrom(env, names) ?? settings.doors ?? [{ port: 3000, apps: names }];
  for (const name of doors.flatMap((door) => door.apps)) {
    if (!names.includes(name)) throw new Error(`doors name the app "${name}"; there is ${names.join(", ")}`);
  }
  const ports = doors.map((door) => door.port).filter((number) => number !== 0);
  const twice = ports.find((number, i) => ports.indexOf(number) !== i);
  if (twice !== undefined) throw new Error(`doors name the port ${twice} twice; give all its apps to one door`);
  const production = env.NODE_ENV === "production";
  const mongodbUrl = env.MONGODB_URL || undefined;
  return Object.freeze({
    ...settings,
    doors,
    options,
    dataDir: env.HUB_DATA_DIR || settings.dataDir,
    production,
    seedDemo: !production && mongodbUrl === undefined,
    worker: workerName(env.HUB_WORKER || "w1"),
    workers: workersFrom(env) ?? settings.cluster.workers,
    sockets: env.HUB_SOCKETS || undefined,
    trustedProxies: env.HUB_PROXIES || undefined,
    metricsToken: env.METRICS_TOKEN || undefined,
    mongodbUrl,
    redisUrl: env.REDIS_URL || undefined,
    jwtSecret: env.JWT_SECRET || undefined,
    jwksUrl: env.JWKS_URL || undefined,
    warnings: misspelt(env),
  });
}

/** Checks the file, and parts the hub's own settings from those of apps with options. */
function parseFile(file: unknown, apps: readonly ConfiguredApp[]) {
  const parts: Record<string, z.ZodType> = {};
  for (const { name, options } of apps) {
    if (Object.hasOwn(fileSchema.shape, name)) throw new Error(`an app cannot be called ${name}: it is a setting`);
    if (options) parts[name] = options.prefault({});
  }
  const parsed = fileSchema.extend(parts).safeParse(file);
  if (!parsed.success) throw new Error(`cluster.config.ts is wrong:\n${z.prettifyError(parsed.error)}`);
  const given = Object.entries(parsed.data);
  const partOf = (isApps: boolean) => Object.fromEntries(given.filter(([key]) => Object.hasOwn(parts, key) === isApps));
  return { settings: partOf(false) as Settings, options: partOf(true) };
}

/** `HUB_DOORS="3000:chat,polls;5000:orders"`, or `PORT` alone for one port with every app. */
function doorsFrom(env: Environment, apps: readonly string[]): DoorConfig[] | undefined {
  if (env.HUB_DOORS) {
    const doors = env.HUB_DOORS.split(";").filter((door) => door.trim() !== "");
    if (doors.length === 0) throw new Error("HUB_DOORS names no door; write 3000:chat,polls");
    return doors.map((door) => {
      const [number, names = "", ...rest] = door.split(":");
      const parsed = port.safeParse(number?.trim() || undefined);
      if (!parsed.success || rest.length > 0)
        throw new Error(`HUB_DOORS: "${door}" is not a port and its apps; write 3000:chat,polls`);
      const list = names.split(",").map((name) => name.trim());
      return { port: parsed.data, apps: list.filter((name) => name !== "") };
    });
  }
  if (!env.PORT) return undefined;
  const parsed = port.safeParse(env.PORT);
  if (!parsed.success) throw new Error(`PORT must be a number from 0 to 65535, not "${env.PORT}"`);
  return [{ port: parsed.data, apps: [...apps] }];
}

/** nginx finds a session's worker by this name, so it has one form. */
function workerName(name: string): string {
  if (!/^w\d{1,6}$/.test(name)) throw new Error(`HUB_WORKER must be w and a number, such as w3, not "${name}"`);
  return name;
}

function workersFrom(env: Environment): number | undefined {
  if (!env.HUB_WORKERS) return undefined;
  const parsed = z.coerce.number().int().min(1).max(64).safeParse(env.HUB_WORKERS);
  if (!parsed.success) throw new Error(`HUB_WORKERS must be a number from 1 to 64, not "${env.HUB_WORKERS}"`);
  return parsed.data;
}

function misspelt(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith("HUB_") && !HUB_NAMES.includes(name as (typeof HUB_NAMES)[number]))
    .map((name) => `${name} is not a setting and does nothing; there is ${HUB_NAMES.join(", ")}`);
}
