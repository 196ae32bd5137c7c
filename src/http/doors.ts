import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

interface Door {
  readonly port: number;
  readonly apps: readonly string[];
}

export interface OpenDoors {
  /** The same doors; one at port 0 has got a free one. */
  readonly opened: readonly Door[];
  /** Takes no more connections; resolves when the open ones have ended, or have been cut after `ms` milliseconds. */
  stop(ms: number): Promise<void>;
}

/**
 * Listens on the port of every door, on `host` or on every address; `serve` hangs on each server what it serves. Rejects, with nothing left open, when
 * a port cannot be had: the error names it and the setting.
 */
export async function openDoors(
  doors: readonly Door[],
  serve: (server: Server, apps: readonly string[]) => void,
  host?: string,
): Promise<OpenDoors> {
  const servers = doors.map(({ apps }) => {
    const server = createServer();
    serve(server, apps);
    return server;
  });
  try {
    const ports = await Promise.all(doors.map(({ port }, i) => listen(servers[i], port, host)));
    const opened = doors.map(({ apps }, i) => ({ apps, port: ports[i] ?? 0 }));
    return { opened, stop: async (ms) => void (await Promise.all(servers.map((server) => stop(server, ms)))) };
  } catch (error) {
    await Promise.all(servers.map((server) => stop(server, 0)));
    throw error;
  }
}

function listen(server: Server | undefined, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server?.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, port)));
    server?.listen({ port, host }, () => resolve((server.address() as AddressInfo).port));
  });
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
