import type { TargetInfo } from "../load/target.ts";

/** The parameters with which a contender starts. */
export interface Start {
  readonly workers: 1 | 2;
  /** A folder of its own, empty. */
  readonly folder: string;
  /** The URL of an empty Redis; given if there are several workers, or the contender needs one. */
  readonly redisUrl: string | undefined;
}

export interface RunningContender {
  readonly target: TargetInfo;
  stop(): Promise<void>;
}

/** A program that is measured: Junction with one of its settings, or an alternative to it. */
export interface Contender {
  /** A description in one line. */
  readonly title: string;
  /** Its settings: all that differs from its defaults. */
  readonly settings: string;
  /** True if it needs a Redis even with one worker. */
  readonly needsRedis?: boolean;
  /** Resolves to the reason why it cannot run on this machine. Absent: it can run on any. */
  readonly missing?: () => Promise<string | undefined>;
  /** Resolves to its versions by name, besides those of Node and its packages. */
  readonly versions?: () => Promise<Readonly<Record<string, string>>>;
  /** Resolves when it serves. Rejects with its output when it does not come up. */
  start(start: Start): Promise<RunningContender>;
}
