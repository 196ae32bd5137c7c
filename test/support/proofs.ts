import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Context } from "mocha";

/**
 * Which spec has seen which message of which app on a real socket. `scripts/test/main.ts` runs specs in several
 * processes: each writes what its specs saw into the folder `PROOFS`, from which `test/proofs.test.ts` reads it all.
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

/** The spec files that proved each message, in order, of all processes that wrote into `folder`. */
export function readProofs(folder: string): ReadonlyMap<string, readonly string[]> {
  const proofs = new Map<string, string[]>();
  for (const name of readdirSync(folder)) {
    const written = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as Record<string, string[]>;
    for (const [key, specs] of Object.entries(written)) proofs.set(key, [...(proofs.get(key) ?? []), ...specs]);
  }
  for (const [key, specs] of proofs) proofs.set(key, [...new Set(specs)].sort());
  return proofs;
}

function writeProofs(folder: string): void {
  const written = Object.fromEntries([...seen].map(([key, specs]) => [key, [...specs]]));
  writeFileSync(path.join(folder, `${process.pid}.json`), JSON.stringify(written));
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
  afterAll(): void {
    const { PROOFS } = process.env;
    if (PROOFS !== undefined) writeProofs(PROOFS);
  },
};
