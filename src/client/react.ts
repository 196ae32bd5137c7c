/** What React hooks of a hub are made of. */
import { type Dispatch, type SetStateAction, useState } from "react";
import type { Closing } from "./namespaces.ts";

export interface HookOptions {
  /** Any port of the hub; see `configureJunction`. */
  readonly url?: string;
}

export interface UserHookOptions extends HookOptions {
  /** The user's JWT; without it, what the page has stored as `access_token` in `localStorage`. */
  readonly token?: string;
}

/** As many messages as a page keeps; older ones go, so that one that stays open for days does not grow. */
const KEPT = 1_000;

/** The list with one more at its end. */
export function append<T>(list: readonly T[], item: T): T[] {
  return [...list.slice(1 - KEPT), item];
}

/** The JWT where the documents keep it; none outside a browser. */
export function storedToken(): string | undefined {
  const { localStorage } = globalThis as { localStorage?: { getItem(name: string): string | null } };
  return localStorage?.getItem("access_token") ?? undefined;
}

/**
 * State that belongs to a subject and begins anew with another one, already in the render that brings it: what was known
 * of one station is never shown as another's.
 */
export function useStateOf<T>(subject: unknown, initial: T): [T, Dispatch<SetStateAction<T>>] {
  const [known, setKnown] = useState(subject);
  const [value, setValue] = useState(initial);
  if (Object.is(known, subject)) return [value, setValue];
  setKnown(subject);
  setValue(initial);
  return [initial, setValue];
}

/** What the documents' hooks do with an error: it goes to the console. */
export function report({ message, data }: { readonly message: string; readonly data?: Closing }): void {
  console.error("WebSocket error:", message, data ?? "");
}
