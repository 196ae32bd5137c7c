import path from "node:path";

/**
 * What a socket of a worker is for: new clients, or those whose session the worker has. A worker that drains closes its
 * entrance first.
 */
export type SocketKind = "entrance" | "sessions";

/** Where nginx finds a worker: the socket for the door with the index `door`. */
export function socketPath(folder: string, worker: string, door: number, kind: SocketKind): string {
  return path.join(folder, `${worker}.${door}.${kind}`);
}
