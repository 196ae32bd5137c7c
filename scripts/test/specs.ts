import { readdirSync } from "node:fs";
import path from "node:path";

/** Tells the specs that are named from the options for mocha. */
export function splitArguments(args: readonly string[]): { paths: string[]; options: string[] } {
  const isPath = (arg: string): boolean => /^(\.\/)?test(\/|$)/.test(arg);
  return { paths: args.filter(isPath), options: args.filter((arg) => !isPath(arg)) };
}

/** The spec files that `paths` name, all where there are none; a folder stands for the specs in it. */
export function findSpecs(paths: readonly string[]): string[] {
  const named = paths.length > 0 ? paths : ["test"];
  return [...new Set(named.flatMap((name) => (name.endsWith(".ts") ? [path.normalize(name)] : specsIn(name))))];
}

function specsIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => path.join(folder, name))
    .sort();
}
