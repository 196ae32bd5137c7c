import path from "node:path";

/**
 * The purpose of a worker's socket: new clients (`entrance`), or clients with a session on the worker (`sessions`). A worker
 * that drains closes its entrance first.
 */
export type SocketKind = "entrance" | "sessions";

/** Returns the path of a worker's socket for the door with the index `door`. nginx connects to it. */
export function socketPath(folder: string, worker: string, door: number, kind: SocketKind): string {
  return path.join(folder, `${worker}.${door}.${kind}`);
}
