/** The settings that the benchmark passes to a contender that is a Node program of this repository, as its argument. */
export interface Settings {
  /** Its number among the workers of one hub, from 1. */
  readonly worker: number;
  /** The folder for the data of the workers of one hub. */
  readonly folder: string;
  /** Given if the scenario has several workers. */
  readonly redisUrl: string | undefined;
  /** Junction's `coalesceMs`; absent: its default. */
  readonly coalesceMs?: number;
  /** Junction without group commit: its store gets one change of a document at a time. */
  readonly oneAtATime?: boolean;
}

export function settingsOf(argv: readonly string[]): Settings {
  return JSON.parse(argv[2] ?? "{}") as Settings;
}
