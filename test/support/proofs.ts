import path from "node:path";
import type { Context } from "mocha";

/**
 * Which spec has seen which message of which app on a real socket: `test/proofs.test.ts` holds it against what the
 * channels declare, and `docs/protocol.md` shows it.
 */
const seen = new Map<string, Set<string>>();
let current: string | undefined;

/** `direction` as the client sees it: `in` is what it sent, `out` what the hub sent to it. */
export function messageKey(app: string, direction: "in" | "out", type: string): string {
  return `${app} ${direction} ${type}`;
}

/** Notes that the running spec had this message on the wire. */
export function prove(namespace: string, direction: "in" | "out", type: string): void {
  const app = namespace.split("/")[1] ?? "";
  if (current === undefined) return;
  const key = messageKey(app, direction, type);
  const specs = seen.get(key) ?? new Set();
  seen.set(key, specs.add(current));
}

/** The spec files that proved a message, in order. */
export function proofsOf(key: string): string[] {
  return [...(seen.get(key) ?? [])].sort();
}

const ROOT = path.resolve(import.meta.dirname, "../..");

/** The root suite's hooks, around every spec of every file; `.mocharc.json` names this file. */
export const mochaHooks = {
  beforeEach(this: Context): void {
    const file = this.currentTest?.file;
    current = file === undefined ? undefined : path.relative(ROOT, file);
  },
  afterEach(): void {
    current = undefined;
  },
};
