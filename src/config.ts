import { z } from "zod";
import type { App } from "./app.ts";

/** A port and the apps that it serves at their documented URLs. */
export interface DoorConfig {
  readonly port: number;
  readonly apps: readonly string[];
}

const port = z.coerce.number().int().min(0).max(65_535);

/** The options of `cluster.config.ts`. Each app with options of its own adds a part under its name. */
const fileSchema = z.strictObject({
  /**
   * The ports, each with the apps that it serves at their documented URLs. Besides, every port serves every app under
   * its name. Default: port 3000 with all apps.
   */
  doors: z
    .array(z.strictObject({ port, apps: z.array(z.string()) }))
    .min(1)
    .optional(),
  /** The folder of the embedded database and the development secret. */
  dataDir: z.string().min(1).default("./data"),
  /** Bytes of the largest message that a client may send. A larger one closes the connection with 1009. */
  maxPayloadBytes: z
    .number()
    .int()
    .min(128)
    .default(16 * 1024),
  /**
   * Bytes that a slow client may leave unread before its queue is conflated and, if that is not enough, it is closed
   * with 1013.
   */
  budgetBytes: z
    .number()
    .int()
    .min(16 * 1024)
    .default(1024 * 1024),
  /**
   * Most milliseconds that writes wait for more frames while the event loop is busy writing. They never wait longer
   * than the last writes took, so an idle loop writes at the end of the tick. With 0 every write is at the end of the
   * tick.
   */
  coalesceMs: z.number().min(0).max(5).default(1),
  /** Origins whose pages may call the HTTP API and the polling transport. */
  origins: z.union([z.literal("*"), z.array(z.url())]).default("*"),
  cluster: z
    .strictObject({
      /** Number of workers that `npm run cluster` starts. Default: one per core. `HUB_WORKERS` overrides it. */
      workers: z.number().int().min(1).max(64).optional(),
      /** Milliseconds over which a worker that gets SIGTERM moves its clients off, in batches. */
      drainMs: z.number().int().min(0).max(600_000).default(10_000),
      /** Most milliseconds of the random delay after which those clients are to reconnect. */
      comeBackMs: z.number().int().min(0).max(600_000).default(2_000),
      /** Loopback port on which the primary serves `/metrics`, summed over its workers; 0: any free port. */
      metricsPort: port.default(9464),
    })
    .prefault({}),
  nginx: z
    .strictObject({
      /**
       * Paths of the certificate (with its chain) and the key, as PEM files. With them every door serves https and
       * wss.
       */
      tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
      /** Most clients at once for each of nginx's processes (one per core). */
      clientsPerProcess: z.number().int().min(16).max(500_000).default(10_000),
      /** New WebSocket and Socket.IO connections that one address may open per second. More get 429. */
      connectionsPerSecond: z.number().int().min(1).max(1_000_000).default(200),
      /** Number of connections above that rate that one address may open in a burst. */
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
   * Retention by root namespace: number of messages of class `log` that a room keeps for clients that resume, and hours
   * that it keeps them: `{ "/events": { messages: 5000 } }`. Default: as the channel declares, else 1,000 and 24 hours.
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
  /** Lowest level that is logged. */
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

type Settings = z.output<typeof fileSchema>;

/** The parts of an app that its configuration needs. */
export type ConfiguredApp = Pick<App, "name" | "options">;

/** The content of `cluster.config.ts`: the hub's options, and those of the apps, which are checked at start. */
export type ConfigFile = z.input<typeof fileSchema> & Readonly<Record<string, unknown>>;

/** Returns its argument. Gives `cluster.config.ts` its types. */
export function defineConfig(file: ConfigFile): ConfigFile {
  return file;
}

export interface Config extends Readonly<Omit<Settings, "doors">> {
  readonly doors: readonly DoorConfig[];
  /** The options of the apps, by name: each app's part of the file, parsed by its schema. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly production: boolean;
  /** True if the demo data is created: with the embedded database, but never in production. */
  readonly seedDemo: boolean;
  /** This worker's name, `w1` by default. Session ids begin with it. */
  readonly worker: string;
  /** Number of workers that `npm run cluster` starts; `undefined`: one per core. */
  readonly workers: number | undefined;
  /** Under `npm run cluster`: the folder with the sockets by which nginx reaches this worker. It then has no ports. */
  readonly sockets: string | undefined;
  /** Proxies whose `X-Forwarded-For` is trusted; `undefined`: none. */
  readonly trustedProxies: string | undefined;
  /** Bearer token that a scraper on another machine needs to read `/metrics`. */
  readonly metricsToken: string | undefined;
  readonly mongodbUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly jwtSecret: string | undefined;
  readonly jwksUrl: string | undefined;
  /** Warnings about environment variables that look like settings but are none. They do not stop the start. */
  readonly warnings: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings that begin with `HUB_`. The last three are set by the starter of a worker, the primary or a container.
 */
const HUB_NAMES = ["HUB_DOORS", "HUB_WORKERS", "HUB_DATA_DIR", "HUB_WORKER", "HUB_SOCKETS", "HUB_PROXIES"] as const;

/**
 * Returns the configuration of one worker. The environment overrides `cluster.config.ts`, which overrides the defaults.
 * Throws an `Error` that names a wrong setting of the environment, or every wrong setting of the file.
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

/** Parses the file and separates the hub's own settings from the options of apps. */
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

/** Parses the doors from `HUB_DOORS="3000:chat,polls;5000:orders"`, or from `PORT` alone: one port with every app. */
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

/** Checks the name of a worker. It has a fixed form, because nginx finds a session's worker by it. */
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
