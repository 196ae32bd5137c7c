import { cpuMs, processTree, rssBytes } from "./processes.ts";
import { PROTOCOLS, type Protocol, type ProtocolName } from "./protocols.ts";

/** The description of a contender that serves, for the load generator. */
export interface TargetInfo {
  readonly protocol: ProtocolName;
  /** The servers. The first publishes; subscribers are on the last, which is the same if there is only one. */
  readonly workers: readonly { readonly pid: number; readonly port: number; readonly control?: number }[];
  /** The Redis between them, if there is one. */
  readonly redis?: RedisInfo;
  /** A variant for the contender's scenario, for example one of two message types. */
  readonly variant?: string;
}

export interface RedisInfo {
  readonly url: string;
  readonly pid: number;
}

/** A contender under load. */
export class Target {
  readonly protocol: Protocol;
  readonly variant: string | undefined;
  readonly redis: RedisInfo | undefined;
  /** The port for clients. */
  readonly port: number;
  /** The port for HTTP requests and publications. */
  readonly publisherPort: number;
  /** The control port of a Node contender; absent: publications are HTTP requests. */
  readonly control: number | undefined;
  readonly #pids: readonly number[];
  readonly #subscriberPids: readonly number[];

  constructor({ protocol, workers, redis, variant }: TargetInfo) {
    const [first, last] = [workers[0], workers.at(-1)];
    if (!first || !last) throw new Error("a contender without a server");
    this.protocol = PROTOCOLS[protocol];
    this.variant = variant;
    this.redis = redis;
    this.port = last.port;
    this.publisherPort = first.port;
    this.control = first.control;
    this.#pids = processTree(workers.map(({ pid }) => pid));
    this.#subscriberPids = processTree([last.pid]);
  }

  /** Returns the processor time of all its processes; milliseconds. */
  cpuMs(): number {
    return cpuMs(this.#pids);
  }

  /** Returns the processor time of the processes that clients connect to; milliseconds. */
  subscriberCpuMs(): number {
    return cpuMs(this.#subscriberPids);
  }

  rssBytes(): number {
    return rssBytes(this.#pids);
  }
}
