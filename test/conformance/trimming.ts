import type { TestHub } from "../support/hub.ts";

const MINUTE_MS = 60_000;

/** Lets time pass, and removes all messages of a namespace's rooms that were there but the newest of each. */
export async function trim({ clock, store }: TestHub, namespace: string): Promise<void> {
  clock.advance(10 * MINUTE_MS);
  const ms = (name: string): number => (name === namespace ? 5 : 24 * 60) * MINUTE_MS;
  await store.log.trim((name) => ({ messages: 1_000, ms: ms(name) }));
}
