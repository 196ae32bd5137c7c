/** A kind of figure. `better` is the direction of an improvement; figures without it only explain the others. */
export interface FigureKind {
  readonly title: string;
  readonly better?: "higher" | "lower";
  /** Digits after the point in tables. */
  readonly digits: number;
}

/** The figures that a scenario can have. "Server" is all processes of the contender, without Redis. */
export const FIGURES = {
  deliveriesPerCpuSecond: { title: "deliveries / server CPU s", better: "higher", digits: 0 },
  deliveriesPerSecond: { title: "deliveries / s", better: "higher", digits: 0 },
  p50: { title: "p50 ms", better: "lower", digits: 2 },
  p99: { title: "p99 ms", better: "lower", digits: 2 },
  p999: { title: "p99.9 ms", better: "lower", digits: 2 },
  kibPerConnection: { title: "KiB / idle connection", better: "lower", digits: 1 },
  joinsPerSecond: { title: "joins / s", better: "higher", digits: 0 },
  joinsPerCpuSecond: { title: "joins / server CPU s", better: "higher", digits: 0 },
  idleCpuMs: { title: "idle, CPU ms / s", better: "lower", digits: 1 },
  backMs: { title: "ms until all are back", better: "lower", digits: 0 },
  failures: { title: "failed attempts", better: "lower", digits: 0 },
  bookingsPerSecond: { title: "bookings / s", better: "higher", digits: 0 },
  cpuMsPerBooking: { title: "CPU ms / booking", better: "lower", digits: 2 },
  cpuMsPerMessage: { title: "CPU ms / message", better: "lower", digits: 2 },
  quietCpuMs: { title: "worker with members, nothing published, CPU ms / s", better: "lower", digits: 1 },
  publishedCpuMs: { title: "the same, others published into, CPU ms / s", better: "lower", digits: 1 },
  extraCpuMs: { title: "difference", better: "lower", digits: 1 },
  subscriptions: { title: "its subscriptions for rooms", digits: 0 },
  redisUs: { title: "Redis, CPU µs / message to nobody", better: "lower", digits: 1 },
  redisHeardUs: { title: "Redis, CPU µs / message to one worker", better: "lower", digits: 1 },
  serverCpu: { title: "server CPU, cores", digits: 2 },
  loadCpu: { title: "load generator CPU, cores", digits: 2 },
} as const satisfies Record<string, FigureKind>;

export type FigureName = keyof typeof FIGURES;
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

export function kindOf(name: FigureName): FigureKind {
  return FIGURES[name];
}
