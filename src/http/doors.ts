import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getuid } from "node:process";

/**
 * Connections that may wait to be accepted. When all clients reconnect at once, Node's default of 511 is too few: a
 * client beyond it tries again a second later or, behind nginx, is refused. Linux allows no more by default
 * (`net.core.somaxconn`).
 */
const BACKLOG = 4_096;

interface Door {
  readonly port: number;
  readonly apps: readonly string[];
  /** Listens on this Unix socket instead of on the port. */
  readonly path?: string;
}

export interface OpenDoors {
  /** The same doors; a door at port 0 has the free port that it got. */
  readonly opened: readonly Door[];
  /** Removes the Unix sockets from the file system. New clients cannot connect; connected ones are still served. */
  hide(): Promise<void>;
  /** Accepts no more connections. Resolves when the open ones have ended, or have been cut after `ms` milliseconds. */
  stop(ms: number): Promise<void>;
}

/**
 * Listens on the port of every door. `serve` attaches the listeners to each server. Rejects when a port is unavailable:
 * the error names the port and the setting. It then leaves nothing open.
 */
export async function openDoors(
  doors: readonly Door[],
  serve: (server: Server, apps: readonly string[]) => void,
): Promise<OpenDoors> {
  const opening = doors.map((door): [Server, Door] => {
    const server = createServer();
    serve(server, door.apps);
    return [server, door];
  });
  const servers = opening.map(([server]) => server);
  try {
    const listening = opening.map(([server, door]) => listen(server, door));
    // A server that begins to listen after another has failed would be left open.
    await Promise.allSettled(listening);
    const ports = await Promise.all(listening);
    return {
      opened: doors.map(({ apps }, i) => ({ apps, port: ports[i] ?? 0 })),
      hide: async () => void (await Promise.all(doors.map(({ path }) => path && rm(path, { force: true })))),
      stop: async (ms) => void (await Promise.all(servers.map((server) => stop(server, ms)))),
    };
  } catch (error) {
    await Promise.all(servers.map((server) => stop(server, 0)));
    throw error;
  }
}

async function listen(server: Server, { port, path }: Door): Promise<number> {
  // A worker that was killed has left its socket behind.
  if (path !== undefined) await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, port)));
    // nginx that was started by root serves as another user, which has to reach the socket.
    const where = path === undefined ? { port } : { path, writableAll: getuid?.() === 0 };
    server.listen({ ...where, backlog: BACKLOG }, resolve);
  });
  return path === undefined ? (server.address() as AddressInfo).port : port;
}

function explain(error: NodeJS.ErrnoException, port: number): Error {
  const remedy = "choose another with PORT or HUB_DOORS, or in cluster.config.ts";
  if (error.code === "EADDRINUSE") return new Error(`Port ${port} is taken: ${remedy}`, { cause: error });
  if (error.code === "EACCES")
    return new Error(`Port ${port} needs more rights than this user has: ${remedy}`, { cause: error });
  return error;
}

function stop(server: Server, ms: number): Promise<void> {
  return new Promise((resolve) => {
    // Upgraded connections no longer belong to the server: the transports cut those that stay.
    const cut = setTimeout(() => {
      server.closeAllConnections();
      resolve();
    }, ms);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
