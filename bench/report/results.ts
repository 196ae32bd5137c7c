import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import path from "node:path";
import type { ContenderName } from "../contenders/index.ts";
import type { Duration } from "../scenarios/scenario.ts";
import type { FigureName } from "./figures.ts";
import type { Spreads } from "./statistics.ts";

/** One whole run of the benchmark, as it is written to a file. */
export interface Results {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  /** Of Node, of the packages that contenders are made of, and of the other programs that ran. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly duration: Duration;
  readonly contenders: Partial<Record<ContenderName, ContenderInfo>>;
  readonly scenarios: Record<string, ScenarioResults>;
}

export interface ContenderInfo {
  readonly title: string;
  readonly settings: string;
  /** Why it did not run. */
  readonly missing?: string;
}

export interface ScenarioResults {
  readonly title: string;
  readonly chart: FigureName;
  readonly figures: Partial<Record<ContenderName, Spreads>>;
  /** By contender: its rounds that failed, and why the last of them did; they are in no figure. */
  readonly failures: Partial<Record<ContenderName, { readonly rounds: number; readonly reason: string }>>;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** How busy it was when the benchmark began, in processes that wanted a core. */
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

/** Of Node, Junction and the packages that contenders are made of. */
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

/** The load generator was the bottleneck where it was busy and the server was not. */
export function isLoadBound({ loadCpu, serverCpu }: Spreads): boolean {
  return (loadCpu?.median ?? 0) >= 0.9 && (serverCpu?.median ?? 0) < 0.9;
}
