import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** What stands in quotes where one of these programs is started or looked for. */
const PROGRAM = /"(redis-server|nginx|mongod|chromium|openssl|docker|npm)"/;

/** Starts a MongoDB server, but not where the specs run without other programs: `FAST=1`. */
const OPTIONAL = "test/support/mongo.ts";

const ONLY_TYPES = /^import type .*$/gm;
const QUOTED = /"([\w@./-]+\.(?:ts|tsx|mjs))"/g;

/**
 * Whether a spec starts other programs than Node: whether it, or any file that it refers to, names one. To refer to a
 * file is to import it or to name it for a process of its own.
 */
export function needsPrograms(spec: string): boolean {
  const reached = new Set([spec]);
  // A set can grow while it is walked through.
  for (const file of reached) {
    if (file === OPTIONAL || !existsSync(file)) continue;
    const source = readFileSync(file, "utf8");
    if (PROGRAM.test(source)) return true;
    for (const [, name] of source.replaceAll(ONLY_TYPES, "").matchAll(QUOTED)) {
      const target = fileNamed(name ?? "", file);
      if (target !== undefined) reached.add(target);
    }
  }
  return false;
}

/** The file of this repository that `name` stands for in `from`: beside it, or from the root. */
function fileNamed(name: string, from: string): string | undefined {
  const candidates = [path.join(path.dirname(from), name), path.normalize(name)];
  return candidates.find((file) => !file.startsWith("..") && existsSync(file) && statSync(file).isFile());
}
