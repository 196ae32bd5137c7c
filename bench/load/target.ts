import { cpuMs, processTree, rssBytes } from "./processes.ts";
import { PROTOCOLS, type Protocol, type ProtocolName } from "./protocols.ts";

/** A contender that serves, as the load generator is told of it. */
export interface TargetInfo {
  readonly protocol: ProtocolName;
  /** The first publishes; subscribers are on the last, which is the same where there is only one. */
  readonly workers: readonly { readonly pid: number; readonly port: number; readonly control?: number }[];
  /** The Redis between them, where there is one. */
  readonly redis?: RedisInfo;
  /** What else the contender's scenario has to know, for example which of two message types to ask for. */
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
  /** Where clients connect. */
  readonly port: number;
  /** Where HTTP requests and publications go. */
  readonly publisherPort: number;
  /** Where a contender of ours takes orders; absent: publications are HTTP requests. */
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

  /** Of all its processes; milliseconds. */
  cpuMs(): number {
    return cpuMs(this.#pids);
  }

  /** Of the processes that clients connect to; milliseconds. */
  subscriberCpuMs(): number {
    return cpuMs(this.#subscriberPids);
  }

  rssBytes(): number {
    return rssBytes(this.#pids);
  }
}
