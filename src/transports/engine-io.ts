import { Server as EngineServer, type Socket as EngineSocket } from "engine.io";
import type { Socket } from "socket.io";
import type { WebSocket } from "ws";
import type { Wire } from "../hub/connection.ts";
import { DISCONNECTS } from "../hub/disconnects.ts";
import type { Inbound } from "../hub/dispatch.ts";
import { HubError } from "../hub/errors.ts";
import { type CoalescingOptions, coalescingServer } from "./coalesced-socket.ts";

export interface EngineOptions extends CoalescingOptions {
  readonly maxPayload: number;
  readonly generateId: () => string;
  /** Origins whose pages may use the polling transport. */
  readonly origins: "*" | readonly string[];
}

/** The Socket.IO door: an engine.io server with coalesced sockets. It listens to nothing by itself. */
export function createEngine(options: EngineOptions): EngineServer {
  const engine = new EngineServer({
    wsEngine: coalescingServer(options),
    transports: ["websocket", "polling"],
    maxHttpBufferSize: options.maxPayload,
    cors: { origin: options.origins === "*" ? "*" : [...options.origins] },
  });
  engine.generateId = options.generateId;
  engine.on("connection", (connection: EngineSocket) => limitPolling(connection, options.budgetBytes));
  return engine;
}

/**
 * A client on the polling transport has no socket of its own to fill up: what it has not fetched waits in the engine's
 * buffer, and the same budget holds there.
 */
function limitPolling(connection: EngineSocket, budgetBytes: number): void {
  if (connection.transport.name !== "polling") return;
  let waiting = 0;
  connection.on("flush", () => {
    waiting = 0;
  });
  const count = (packet: { data?: unknown }): void => {
    waiting += typeof packet.data === "string" ? packet.data.length : 0;
    if (waiting > budgetBytes && connection.readyState === "open") connection.close(true);
  };
  connection.on("packetCreate", count);
  connection.once("upgrade", () => connection.off("packetCreate", count));
}

/** The hub's way to one Socket.IO client. */
export function socketIoWire(socket: Socket, member: Pick<Wire, "id" | "join" | "leave" | "isIn">): Wire {
  const tell = (code: number, reason: string, retryAfterMs?: number): void => {
    socket.emit("closing", { code, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  };
  watchEnding(socket, tell);
  return {
    ...member,
    door: "socketio",
    send: (type, payload) => {
      socket.emit(type, payload);
    },
    end: (code, reason, retryAfterMs) => {
      const { sockets } = socket.client as unknown as { sockets: ReadonlyMap<string, Socket> };
      tell(code, reason, retryAfterMs);
      socket.disconnect();
      if (sockets.size === 0) socket.conn.close();
    },
    pause: () => webSocketOf(socket)?.pause(),
    resume: () => webSocketOf(socket)?.resume(),
  };
}

/** A connection that its own WebSocket ends (too big, binary, overloaded) also gets its `closing` first. */
function watchEnding(socket: Socket, tell: (code: number, reason: string) => void): void {
  const reasons = new Map<number, string>(Object.values(DISCONNECTS).map(({ code, reason }) => [code, reason]));
  const watch = (): void => {
    const told = (code: number, reason: string): void => tell(code, reason || (reasons.get(code) ?? "Protocol Error"));
    const webSocket = webSocketOf(socket);
    webSocket?.once("ending", told);
    socket.once("disconnect", () => webSocket?.off("ending", told));
  };
  watch();
  if (socket.conn.transport.name === "polling") socket.conn.once("upgrade", watch);
}

function webSocketOf(socket: Socket): WebSocket | undefined {
  return (socket.conn.transport as unknown as { socket?: WebSocket }).socket;
}

/** Hands a client's events to `receive` and to nobody else, so that no event name can reach a listener of ours. */
export function receiveFrom(socket: Socket, receive: (inbound: Inbound) => void): void {
  socket.use((event) => {
    const [type, ...args] = event as unknown[];
    const last = args.at(-1);
    const acknowledge = typeof last === "function" ? (answer: unknown) => last(answer) : undefined;
    const payload = typeof args[0] === "function" || args[0] === undefined ? {} : args[0];
    const inbound: Inbound =
      typeof type === "string" && isObject(payload) ? { type, payload } : { error: new HubError("invalid_message") };
    receive(acknowledge ? { ...inbound, acknowledge } : inbound);
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
