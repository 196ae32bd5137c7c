import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import path from "node:path";
import type { ContenderName } from "../contenders/index.ts";
import type { Duration } from "../scenarios/scenario.ts";
import type { FigureName } from "./figures.ts";
import type { Spreads } from "./statistics.ts";

/** The results of a whole run of the benchmark, in the form of their file. */
export interface Results {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  /** The versions of Node, of the packages that contenders use, and of the other programs that ran. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly duration: Duration;
  readonly contenders: Partial<Record<ContenderName, ContenderInfo>>;
  readonly scenarios: Record<string, ScenarioResults>;
}

export interface ContenderInfo {
  readonly title: string;
  readonly settings: string;
  /** The reason why it did not run. */
  readonly missing?: string;
}

export interface ScenarioResults {
  readonly title: string;
  readonly chart: FigureName;
  readonly figures: Partial<Record<ContenderName, Spreads>>;
  /** The failed rounds by contender, with the reason of the last failure. They are in no figure. */
  readonly failures: Partial<Record<ContenderName, { readonly rounds: number; readonly reason: string }>>;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** The load average when the benchmark began. */
  readonly loadBefore: number;
}

const ROOT = path.resolve(import.meta.dirname, "../..");
const PACKAGES = ["socket.io", "engine.io", "@socket.io/redis-adapter", "ws", "redis", "lmdb", "express"];

export function thisMachine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release().replace(/-.*/, ""),
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** Returns the versions of Node, of Junction and of the packages that contenders use. */
export function packageVersions(): Record<string, string> {
  const versionIn = (folder: string): string => {
    const file = path.join(ROOT, folder, "package.json");
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  };
  return {
    Node: process.versions.node,
    Junction: versionIn("."),
    ...Object.fromEntries(PACKAGES.map((name) => [name, versionIn(`node_modules/${name}`)])),
  };
}

/** Returns true if the load generator was the bottleneck: it was busy and the server was not. */
export function isLoadBound({ loadCpu, serverCpu }: Spreads): boolean {
  return (loadCpu?.median ?? 0) >= 0.9 && (serverCpu?.median ?? 0) < 0.9;
}
