/** The address of Redis: one server, a Redis Cluster, or the master that the sentinels name. */
export interface RedisAddress {
  readonly kind: "server" | "cluster" | "sentinel";
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** The name of the master among the sentinels. */
  readonly master: string | undefined;
}

const FORM =
  /^(redis|rediss|redis\+cluster|rediss\+cluster|redis\+sentinel):\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/;

/** The forms of `REDIS_URL`, for an error message. */
const FORMS = [
  "redis://user:password@host:6379/0 (rediss:// for TLS)",
  "redis://user:password@host1:6379,host2:6379 for a Redis Cluster",
  "redis+sentinel://user:password@host1:26379,host2:26379/master",
].join(", ");

/**
 * Parses `REDIS_URL`. Throws an `Error` that lists the forms and repeats no part of the URL, which may hold a password.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const [, scheme = "", credentials, hosts = "", path = ""] = FORM.exec(url) ?? wrong();
  const kind = scheme.includes("sentinel")
    ? "sentinel"
    : scheme.includes("cluster") || hosts.includes(",")
      ? "cluster"
      : "server";
  const [master, database = "0"] = kind === "sentinel" ? path.split("/") : [undefined, path || "0"];
  if (kind === "sentinel" && !master) wrong();
  if (!/^\d+$/.test(database)) wrong();
  const [username, password] = credentials === undefined ? [] : split(credentials);
  return {
    kind,
    hosts: hosts.split(",").map((text) => hostOf(text, kind === "sentinel" ? 26_379 : 6_379)),
    tls: scheme.startsWith("rediss"),
    username: username || undefined,
    password: password || undefined,
    database: Number(database),
    master: master || undefined,
  };
}

function hostOf(text: string, defaultPort: number): { host: string; port: number } {
  const [, host = "", port] = /^(\[[\da-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? wrong();
  return { host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? defaultPort : Number(port) };
}

/** Splits `user:password`. A password alone may follow a colon. */
function split(credentials: string): string[] {
  const colon = credentials.indexOf(":");
  const parts = colon < 0 ? [credentials] : [credentials.slice(0, colon), credentials.slice(colon + 1)];
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return wrong();
  }
}

function wrong(): never {
  throw new Error(`REDIS_URL must have one of the forms ${FORMS}`);
}
