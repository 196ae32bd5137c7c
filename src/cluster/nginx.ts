import { readFileSync } from "node:fs";
import { fill, type Values } from "./template.ts";

/** A worker in the configuration of nginx. */
export interface Upstream {
  /** The name of the worker. The ids of its sessions begin with it. */
  readonly name: string;
  /**
   * Its addresses for each door, in their order: `host:port` or `unix:path`, one for new clients and one for its sessions.
   * An address may be unused: nginx then tries the next worker.
   */
  readonly addresses: readonly { readonly entrance: string; readonly sessions: string }[];
}

/** The input of the configuration template. */
export interface NginxView {
  /** An absolute path. nginx writes all its files there. */
  readonly folder: string;
  /** A number that nginx reports on the status socket. It shows whether a reload is done. */
  readonly generation: number;
  readonly doors: readonly { readonly port: number; readonly apps: readonly string[] }[];
  readonly workers: readonly Upstream[];
  readonly limits: {
    readonly clientsPerProcess: number;
    readonly connectionsPerSecond: number;
    readonly connectionsBurst: number;
    readonly headerTimeoutSeconds: number;
    readonly headerKilobytes: number;
    readonly bodyKilobytes: number;
  };
  /** Absolute paths of PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
  /** True when this machine has IPv6. */
  readonly ipv6: boolean;
}

const TEMPLATE = new URL("../../nginx/junction.conf.template", import.meta.url);

/** Renders the configuration of nginx. Throws an `Error` for a path that nginx cannot use. */
export function renderNginx(view: NginxView): string {
  const { folder, limits, tls } = view;
  // Each client needs two connections: its own and one to the worker.
  const connections = 2 * limits.clientsPerProcess + 64;
  for (const path of [folder, ...(tls ? [tls.certificate, tls.key] : [])]) {
    if (/["'\\;{}\s$#]/.test(path))
      throw new Error(
        `nginx cannot use the path ${path}: choose one without spaces, quotes and the signs ; { } $ # \\`,
      );
  }
  return fill(readFileSync(TEMPLATE, "utf8"), {
    connectionsPerSecond: limits.connectionsPerSecond,
    connectionsBurst: limits.connectionsBurst,
    headerTimeoutSeconds: limits.headerTimeoutSeconds,
    bodyKilobytes: limits.bodyKilobytes,
    folder,
    generation: view.generation,
    headerBuffers: Math.ceil(limits.headerKilobytes / 8),
    connections,
    openFiles: connections + 256,
    doors: view.doors.map(({ port, apps }, i) => ({
      port,
      apps: apps.join(", ") || "every app under its name",
      ssl: tls ? " ssl" : "",
      tls: tls ? [{ ...tls }] : [],
      ipv6: view.ipv6 ? [{}] : [],
      ...upstreams(`door_${port}`, view.workers, i),
    })),
  });
}

function upstreams(name: string, workers: readonly Upstream[], door: number): Values {
  const known = workers.flatMap(({ name: worker, addresses }) => {
    const at = addresses[door];
    return at ? [{ worker, ...at }] : [];
  });
  return {
    name,
    entrances: known.map(({ entrance }) => ({ address: entrance })),
    sessions: known.map(({ worker, sessions }) => ({
      worker,
      name: `${name}_${worker}`,
      address: sessions,
      others: known.filter((other) => other.worker !== worker).map(({ entrance }) => ({ address: entrance })),
    })),
  };
}
