import { Server as EngineServer, type Socket as EngineSocket } from "engine.io";
import type { Socket } from "socket.io";
import type { OutboundTypes } from "../hub/channel.ts";
import type { Wire } from "../hub/connection.ts";
import type { Inbound } from "../hub/dispatch.ts";
import { HubError } from "../hub/errors.ts";
import { Broadcast, type PacketOptions } from "./broadcast.ts";
import { type CoalescingOptions, coalescingServer } from "./coalesced-socket.ts";
import { holdRequests, intakeOf, webSocketOf } from "./intake.ts";
import { limitPolling } from "./polling-budget.ts";

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
  holdRequests(engine);
  engine.on("connection", (connection: EngineSocket) => {
    // One client may be in any number of namespaces, and each of them listens.
    connection.setMaxListeners(0);
    announceEnding(connection);
    limitPolling(connection, options.budgetBytes);
  });
  return engine;
}

/** The close code of a protocol error (RFC 6455), with which no client of a proper library is closed. */
const PROTOCOL_ERROR = 1002;

/**
 * Makes a connection emit `ending` (code, reason) before it is ended by others than the hub, while its client can still
 * be told: by its WebSocket (too big, binary, overloaded), or by Socket.IO or engine.io for breaking their protocols.
 */
function announceEnding(connection: EngineSocket): void {
  let isTold = false;
  connection.once("ending", () => {
    isTold = true;
  });
  const announce = (code: number, reason: string): void => {
    if (!isTold) connection.emit("ending", code, reason || "Protocol Error");
  };
  const watch = (): void => {
    webSocketOf(connection)?.on("ending", announce);
  };
  watch();
  connection.once("upgrade", watch);

  const close = connection.close.bind(connection);
  connection.close = (discard) => {
    if (!discard && connection.readyState === "open") announce(PROTOCOL_ERROR, "");
    return close(discard);
  };
  connection.on("packet", ({ type }: { type: string }) => {
    if (type === "error" || type === "ping") announce(PROTOCOL_ERROR, "");
  });
}

/** The hub's way to one Socket.IO client of a channel. */
export function socketIoWire(
  socket: Socket,
  member: Pick<Wire, "id" | "join" | "leave" | "isIn">,
  { rooms, outbound }: { readonly rooms: string; readonly outbound: OutboundTypes },
): Wire {
  const connection = socket.conn as unknown as EngineSocket;
  const client = socket.client as unknown as {
    sockets: ReadonlyMap<string, Socket>;
    writeToEngine(encoded: readonly string[], options: PacketOptions): void;
  };
  const intake = intakeOf(connection);
  const tell = (code: number, reason: string, retryAfterMs?: number): void => {
    socket.emit("closing", { code, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  };
  connection.on("ending", tell);
  socket.once("disconnect", () => connection.off("ending", tell));
  return {
    ...member,
    door: "socketio",
    send: (type, payload) => {
      const { encoded, options } = new Broadcast(rooms, type, payload, outbound[type]).packetFor(socket.nsp.name);
      if (socket.connected) client.writeToEngine(encoded, options);
    },
    end: (code, reason, retryAfterMs) => {
      tell(code, reason, retryAfterMs);
      socket.disconnect();
      if (client.sockets.size === 0) connection.close();
    },
    pause: () => intake.pause(),
    resume: () => intake.resume(),
  };
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
