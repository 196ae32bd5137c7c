import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** Starts a MongoDB server, but not in a fast run: what it offers both databases to runs on the embedded one alone. */
const OPTIONAL = "test/support/mongo.ts";

const ONLY_TYPES = /^import type .*$/gm;
const QUOTED = /"([\w@./-]+\.(?:ts|tsx|mjs))"/g;
const STARTS = /"(node:child_process|playwright-core)"/;

/**
 * Whether a spec starts other processes (Redis, nginx, a browser, a worker): whether it, or any file that it refers to,
 * imports what starts them. To refer to a file is to import it, or to name it as the program of a process.
 */
export function startsProcesses(spec: string): boolean {
  const reached = new Set([spec]);
  // A set can grow while it is walked through.
  for (const file of reached) {
    if (file === OPTIONAL) continue;
    const source = sourceOf(file);
    if (STARTS.test(source)) return true;
    for (const [, name = ""] of source.matchAll(QUOTED)) {
      const target = fileNamed(name, file);
      if (target !== undefined) reached.add(target);
    }
  }
  return false;
}

const sources = new Map<string, string>();

function sourceOf(file: string): string {
  const source = sources.get(file) ?? readFileSync(file, "utf8").replaceAll(ONLY_TYPES, "");
  sources.set(file, source);
  return source;
}

/** The file of this repository that `name` stands for in `from`: beside it, or from the root. */
function fileNamed(name: string, from: string): string | undefined {
  const candidates = [path.join(path.dirname(from), name), path.normalize(name)];
  return candidates.find((file) => !file.startsWith("..") && existsSync(file) && statSync(file).isFile());
}
