import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds of one tick of the kernel: a hundredth of a second, on every Linux that Node runs on. */
const TICK_MS = 10;

/** The compiler that runs beside a TypeScript program while it loads. It is idle afterwards. */
const COMPILER = "esbuild";

/** Returns these processes and all their descendants, without the compiler. */
export function processTree(pids: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  const names = new Map<number, string>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    const stat = Number.isInteger(pid) ? readStat(pid) : undefined;
    if (!stat) continue;
    names.set(pid, stat.name);
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), pid]);
  }
  const found: number[] = [];
  const waiting = [...pids];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    if (names.get(pid) === COMPILER) continue;
    found.push(pid);
    waiting.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** Returns the milliseconds of processor time, user and system, that the processes have used since they started. */
export function cpuMs(pids: readonly number[]): number {
  return sum(pids, (pid) => (readStat(pid)?.ticks ?? gone(pid)) * TICK_MS);
}

/** Returns the bytes of memory that the processes have resident. */
export function rssBytes(pids: readonly number[]): number {
  return sum(pids, (pid) => {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? gone(pid)) * 1024;
  });
}

function readStat(pid: number): { name: string; parent: number; ticks: number } | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** Parses `/proc/PID/stat`, see proc(5). The name may contain spaces and parentheses. */
export function parseStat(text: string): { name: string; parent: number; ticks: number } {
  const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { name, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

function gone(pid: number): never {
  throw new Error(`process ${pid} has ended`);
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + of(pid), 0);
}
