import { readFileSync } from "node:fs";
import { fill, type Values } from "./template.ts";

/** A worker as nginx sees it. */
export interface Upstream {
  /** Its name, with which its session ids begin. */
  readonly name: string;
  /**
   * Where it is, for each door in their order: `host:port` or `unix:path`, for new clients and for its sessions. Nothing
   * need be there: nginx goes on to the next.
   */
  readonly addresses: readonly { readonly entrance: string; readonly sessions: string }[];
}

export interface NginxView {
  /** Absolute; everything that nginx writes is in it. */
  readonly folder: string;
  /** Answered on the status socket, so that a reload can be seen to have happened. */
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
  /** Whether this machine speaks IPv6. */
  readonly ipv6: boolean;
}

const TEMPLATE = new URL("../../nginx/junction.conf.template", import.meta.url);

/** The configuration of nginx. */
export function renderNginx(facts: NginxView): string {
  const { folder, limits, tls } = facts;
  // Each client needs two: its own and the one to the worker.
  const connections = 2 * limits.clientsPerProcess + 64;
  for (const path of [folder, ...(tls ? [tls.certificate, tls.key] : [])]) {
    if (/["'\\;{}\s$#]/.test(path))
      throw new Error(`nginx cannot use the path ${path}: choose one without blanks or signs`);
  }
  return fill(readFileSync(TEMPLATE, "utf8"), {
    connectionsPerSecond: limits.connectionsPerSecond,
    connectionsBurst: limits.connectionsBurst,
    headerTimeoutSeconds: limits.headerTimeoutSeconds,
    bodyKilobytes: limits.bodyKilobytes,
    folder,
    generation: facts.generation,
    headerBuffers: Math.ceil(limits.headerKilobytes / 8),
    connections,
    openFiles: connections + 256,
    doors: facts.doors.map(({ port, apps }, i) => ({
      port,
      apps: apps.join(", ") || "every app under its name",
      ssl: tls ? " ssl" : "",
      tls: tls ? [{ ...tls }] : [],
      ipv6: facts.ipv6 ? [{}] : [],
      ...upstreams(`door_${port}`, facts.workers, i),
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
