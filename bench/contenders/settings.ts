/** What the benchmark gives a contender that is a Node program of ours, as its one argument. */
export interface Settings {
  /** Names it among the workers of one hub, from 1. */
  readonly worker: number;
  /** Where the workers of one hub keep their data. */
  readonly folder: string;
  /** Given where the scenario has several workers. */
  readonly redisUrl: string | undefined;
  /** Junction's `coalesceMs`; absent: its default. */
  readonly coalesceMs?: number;
  /** Junction without group commit: its store gets one change of a document at a time. */
  readonly oneAtATime?: boolean;
}

export function settingsOf(argv: readonly string[]): Settings {
  return JSON.parse(argv[2] ?? "{}") as Settings;
}
