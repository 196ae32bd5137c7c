import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import type { WebSocket } from "ws";
import { connectionInternals, connectionsOf } from "../internals.ts";

/**
 * The reading side of one Socket.IO connection, which its namespaces share. It is read while none of them is paused.
 * Pausing stops a WebSocket; for a polling client the next request waits.
 */
class Intake {
  readonly #connection: EngineSocket;
  #paused = 0;
  readonly #requests: (() => void)[] = [];

  constructor(connection: EngineSocket) {
    this.#connection = connection;
    connection.on("upgrade", () => {
      if (this.#paused > 0) webSocketOf(connection)?.pause();
    });
  }

  pause(): void {
    this.#paused += 1;
    if (this.#paused === 1) webSocketOf(this.#connection)?.pause();
  }

  resume(): void {
    this.#paused -= 1;
    if (this.#paused > 0) return;
    webSocketOf(this.#connection)?.resume();
    for (const proceed of this.#requests.splice(0)) proceed();
  }

  /** Calls `proceed` at once if the connection is read, else when it is resumed. */
  admit(proceed: () => void): void {
    if (this.#paused === 0) proceed();
    else this.#requests.push(proceed);
  }
}

const intakes = new WeakMap<EngineSocket, Intake>();

/** Returns the intake of a connection; the same for all its namespaces. */
export function intakeOf(connection: EngineSocket): Intake {
  const known = intakes.get(connection) ?? new Intake(connection);
  intakes.set(connection, known);
  return known;
}

/** Makes the requests with a polling client's messages wait until its intake is not paused. */
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

/** Returns the WebSocket of a connection; `undefined` while it is polling. */
export function webSocketOf(connection: EngineSocket): WebSocket | undefined {
  return connectionInternals(connection).transport.socket;
}
