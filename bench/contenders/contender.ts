import type { TargetInfo } from "../load/target.ts";

/** What a contender needs to start. */
export interface Start {
  readonly workers: 1 | 2;
  /** A folder of its own, empty. */
  readonly folder: string;
  /** A Redis that holds nothing; there whenever there are several workers, or the contender asks for it. */
  readonly redisUrl: string | undefined;
}

export interface RunningContender {
  readonly target: TargetInfo;
  stop(): Promise<void>;
}

/** Something that could stand in Junction's place, or one of its settings. */
export interface Contender {
  /** What it is, in one line. */
  readonly title: string;
  /** How it is set up: all that differs from its defaults. */
  readonly settings: string;
  /** Needs a Redis even when it is alone. */
  readonly needsRedis?: boolean;
  /** Why it cannot run on this machine; absent: it always can. */
  readonly missing?: () => Promise<string | undefined>;
  /** Its versions, by name, besides those of Node and its packages. */
  readonly versions?: () => Promise<Readonly<Record<string, string>>>;
  /** Resolves when it serves; rejects with what it said when it does not come up. */
  start(start: Start): Promise<RunningContender>;
}
