/** Building blocks for React hooks of a hub. */
import { type Dispatch, type SetStateAction, useState } from "react";
import type { Closing } from "./namespaces.ts";

export interface HookOptions {
  /** Any port of the hub; see `configureJunction`. */
  readonly url?: string;
}

export interface UserHookOptions extends HookOptions {
  /** The user's JWT. Default: `access_token` from the page's `localStorage`. */
  readonly token?: string;
}

/** Most messages that a page keeps. Older ones are dropped, so that a page that stays open for days does not grow. */
const KEPT = 1_000;

/** Returns the list with one more item, without the oldest once it is full. */
export function append<T>(list: readonly T[], item: T): T[] {
  return [...list.slice(1 - KEPT), item];
}

/** Returns the JWT from `localStorage`, where the apps' documents store it; `undefined` outside a browser. */
export function storedToken(): string | undefined {
  const { localStorage } = globalThis as { localStorage?: { getItem(name: string): string | null } };
  return localStorage?.getItem("access_token") ?? undefined;
}

/**
 * Returns state that belongs to a subject. It is reset when the subject changes, in the same render, so that values of
 * one station are never shown as those of another.
 */
export function useStateOf<T>(subject: unknown, initial: T): [T, Dispatch<SetStateAction<T>>] {
  const [known, setKnown] = useState(subject);
  const [value, setValue] = useState(initial);
  if (Object.is(known, subject)) return [value, setValue];
  setKnown(subject);
  setValue(initial);
  return [initial, setValue];
}

/** Logs an error to the console, as the hooks in the apps' documents do. */
export function report({ message, data }: { readonly message: string; readonly data?: Closing }): void {
  console.error("WebSocket error:", message, data ?? "");
}
