import { readFileSync } from "node:fs";
import { fill, type Values } from "./template.ts";

/** A worker as nginx sees it. */
export interface Upstream {
  /** Its name, with which its session ids begin. */
  readonly name: string;
  /** `host:port` for each door, in their order. */
  readonly addresses: readonly string[];
  /** Whether it gets new clients; one that drains gets only the requests of its sessions. */
  readonly isOpen: boolean;
}

export interface NginxFacts {
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

/** The configuration of nginx. Without a worker that is open to new clients they go to those that drain. */
export function renderNginx(facts: NginxFacts): string {
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
  const addresses = workers.map((worker) => ({ ...worker, address: worker.addresses[door] ?? "" }));
  const open = addresses.filter(({ isOpen }) => isOpen);
  return {
    name,
    open: (open.length > 0 ? open : addresses).map(({ address }) => ({ address })),
    sessions: addresses.map((worker) => ({
      worker: worker.name,
      name: `${name}_${worker.name}`,
      address: worker.address,
      others: open.filter((other) => other.name !== worker.name).map(({ address }) => ({ address })),
    })),
  };
}
