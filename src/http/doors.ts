import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getuid } from "node:process";

/**
 * Connections that wait to be accepted: when all clients come back at once, Node's 511 are soon too few, and who finds no
 * place tries again a second later, or, behind nginx, is refused. Linux allows no more by default (`net.core.somaxconn`).
 */
const BACKLOG = 4_096;

interface Door {
  readonly port: number;
  readonly apps: readonly string[];
  /** Listens on this Unix socket instead of on the port. */
  readonly path?: string;
}

export interface OpenDoors {
  /** The same doors; one at port 0 has got a free one. */
  readonly opened: readonly Door[];
  /** Takes sockets out of sight: nobody new finds them, and who has connected already is still served. */
  hide(): Promise<void>;
  /** Takes no more connections; resolves when the open ones have ended, or have been cut after `ms` milliseconds. */
  stop(ms: number): Promise<void>;
}

/**
 * Listens on the port of every door; `serve` hangs on each server what it serves. Rejects, with nothing left open, when
 * one cannot be had: the error names it and the setting.
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
    // Started by root, nginx serves as another user, who has to reach the socket.
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
    // Upgraded connections are not the server's any more: those that stay are for whoever upgraded them to cut.
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
