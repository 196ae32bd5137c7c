/** Where Redis is: one server, a Redis Cluster, or whatever server the sentinels call the master. */
export interface RedisAddress {
  readonly kind: "server" | "cluster" | "sentinel";
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** The name that the sentinels know the master by. */
  readonly master: string | undefined;
}

const FORM =
  /^(redis|rediss|redis\+cluster|rediss\+cluster|redis\+sentinel):\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/;

/** What `REDIS_URL` may look like. */
const FORMS = [
  "redis://user:password@host:6379/0 (rediss:// for TLS)",
  "redis://user:password@host1:6379,host2:6379 for a Redis Cluster",
  "redis+sentinel://user:password@host1:26379,host2:26379/master",
].join(", ");

/** Takes `REDIS_URL` apart. Throws an `Error` that tells the forms, and nothing of what stood there. */
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

function hostOf(text: string, usualPort: number): { host: string; port: number } {
  const [, host = "", port] = /^(\[[\da-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? wrong();
  return { host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? usualPort : Number(port) };
}

/** `user:password`; a password alone may stand after a colon. */
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
