import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import type { WebSocket } from "ws";
import { connectionInternals, connectionsOf } from "../internals.ts";

/**
 * Reading from one Socket.IO connection, which its namespaces share: it is read from while none of them is behind.
 * A WebSocket is paused; of a polling client the next request waits.
 */
class Intake {
  readonly #connection: EngineSocket;
  #behind = 0;
  readonly #requests: (() => void)[] = [];

  constructor(connection: EngineSocket) {
    this.#connection = connection;
    connection.on("upgrade", () => {
      if (this.#behind > 0) webSocketOf(connection)?.pause();
    });
  }

  pause(): void {
    this.#behind += 1;
    if (this.#behind === 1) webSocketOf(this.#connection)?.pause();
  }

  resume(): void {
    this.#behind -= 1;
    if (this.#behind > 0) return;
    webSocketOf(this.#connection)?.resume();
    for (const proceed of this.#requests.splice(0)) proceed();
  }

  /** Calls `proceed` when the connection is read from: now, if it is. */
  admit(proceed: () => void): void {
    if (this.#behind === 0) proceed();
    else this.#requests.push(proceed);
  }
}

const intakes = new WeakMap<EngineSocket, Intake>();

/** The intake of a connection; the same for all its namespaces. */
export function intakeOf(connection: EngineSocket): Intake {
  const known = intakes.get(connection) ?? new Intake(connection);
  intakes.set(connection, known);
  return known;
}

/** Lets the requests that bring a polling client's messages wait for its intake. */
export function holdRequests(engine: EngineServer): void {
  const clients = connectionsOf(engine);
  engine.use((request: IncomingMessage, _response: ServerResponse, next: () => void) => {
    const sid = new URLSearchParams(request.url?.split("?")[1]).get("sid");
    const connection = sid !== null && Object.hasOwn(clients, sid) ? clients[sid] : undefined;
    const intake = request.method === "POST" && connection ? intakes.get(connection) : undefined;
    if (!intake) return next();
    intake.admit(() => {
      if (!request.destroyed) next();
    });
  });
}

/** The WebSocket of a connection; `undefined` while it is on the polling transport. */
export function webSocketOf(connection: EngineSocket): WebSocket | undefined {
  return connectionInternals(connection).transport.socket;
}
