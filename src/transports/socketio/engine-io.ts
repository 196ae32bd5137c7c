import { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import type { Socket } from "socket.io";
import type { Channel } from "../../hub/channel.ts";
import type { Connection } from "../../hub/connection.ts";
import type { Inbound } from "../../hub/dispatch.ts";
import { HubError } from "../../hub/errors.ts";
import type { Hub } from "../../hub/hub.ts";
import {
  type ClientInternals,
  clientInternals,
  connectionInternals,
  connectionOf,
  replaceRequest,
} from "../internals.ts";
import { MemberWire } from "../wire.ts";
import type { Broadcast } from "../writing/broadcast.ts";
import { coalescingServer } from "../writing/coalesced-socket.ts";
import type { CoalescingOptions, FrameSink } from "../writing/frame.ts";
import { holdRequests, intakeOf, webSocketOf } from "./intake.ts";
import { limitPolling } from "./polling-budget.ts";

export interface EngineOptions extends CoalescingOptions {
  readonly maxPayload: number;
  readonly generateId: () => string;
  /** Origins whose pages may use the polling transport. */
  readonly origins: "*" | readonly string[];
}

/** Creates the Socket.IO transport: an engine.io server with coalesced sockets. It listens on no port by itself. */
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
    // One client may be in any number of namespaces, and each of them adds listeners.
    connection.setMaxListeners(0);
    forgetRequest(connection);
    announceEnding(connection);
    limitPolling(connection, options);
  });
  return engine;
}

/** Headers that are read after the handshake, for the credentials of namespaces that the client enters later. */
const KEPT_HEADERS = ["authorization", "x-api-key", "sec-websocket-protocol", "cookie", "origin", "host"] as const;

/** Drops all of a connection's request but the headers read later. The rest would stay in memory with the client. */
function forgetRequest(connection: EngineSocket): void {
  const { headers, url, socket } = connection.request;
  const kept = KEPT_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]));
  const isEncrypted = "encrypted" in socket;
  const request = { headers: Object.fromEntries(kept), url, connection: isEncrypted ? ENCRYPTED : PLAIN, _query: {} };
  replaceRequest(connection, request);
}

const ENCRYPTED = Object.freeze({ encrypted: true });
const PLAIN = Object.freeze({});

/** The close code of a protocol error (RFC 6455). A client of a correct library never gets it. */
const PROTOCOL_ERROR = 1002;

/** Connections that have emitted `ending`. */
const announced = new WeakSet<EngineSocket>();

/**
 * Makes a connection emit `ending` (code, reason) before anything but the hub ends it, while a message can still be
 * sent. That is its WebSocket (too big, binary, overloaded), or Socket.IO or engine.io when the client breaks their
 * protocols.
 */
function announceEnding(connection: EngineSocket): void {
  const watch = (): void => {
    webSocketOf(connection)?.on("ending", (code: number, reason: string) => announce(connection, code, reason));
  };
  watch();
  if (connection.transport.name === "polling") connection.once("upgrade", watch);
  connection.close = announceAndClose;
  connection.on("ending", noteEnding);
  connection.on("packet", announceBrokenProtocol);
}

function announce(connection: EngineSocket, code: number, reason: string): void {
  if (!announced.has(connection)) connection.emit("ending", code, reason || "Protocol Error");
}

// Shared functions: a closure for each client would take memory for each client.

function noteEnding(this: EngineSocket): void {
  announced.add(this);
}

function announceBrokenProtocol(this: EngineSocket, { type }: { type: string }): void {
  if (type === "error" || type === "ping") announce(this, PROTOCOL_ERROR, "");
}

function announceAndClose(this: EngineSocket, discard?: boolean): void {
  if (!discard && this.readyState === "open") announce(this, PROTOCOL_ERROR, "");
  EngineSocket.prototype.close.call(this, discard);
}

/** Returns a connection's WebSocket, if it has one and engine.io has nothing queued that has to be written first. */
function readyWebSocketOf(connection: EngineSocket): FrameSink | undefined {
  const { readyState, transport, writeBuffer } = connectionInternals(connection);
  return readyState === "open" && transport.writable && writeBuffer.length === 0 ? transport.socket : undefined;
}

/** The hub's wire to one Socket.IO client of a channel. */
export class SocketIoWire extends MemberWire {
  readonly transport = "socketio";
  readonly #namespace: string;
  /** Cached, because every broadcast reads it: by way of the socket it is two objects further. */
  readonly #connection: EngineSocket;

  constructor(socket: Socket, channel: Channel) {
    super(socket, channel);
    this.#namespace = socket.nsp.name;
    const connection = connectionOf(socket);
    this.#connection = connection;
    const sendClosing = (code: number, reason: string): void => this.#sendClosing(code, reason);
    connection.on("ending", sendClosing);
    socket.on("disconnect", () => connection.off("ending", sendClosing));
  }

  take(broadcast: Broadcast): void {
    const { encoded, options } = broadcast.packetFor(this.#namespace);
    const webSocket = readyWebSocketOf(this.#connection);
    // engine.io would pass the same frame to the same socket, after some work.
    if (webSocket) webSocket.sendFrame(options.wsPreEncodedFrame);
    else if (this.socket.connected) this.#client.writeToEngine(encoded, options);
  }

  end(code: number, reason: string, retryAfterMs?: number): void {
    this.#sendClosing(code, reason, retryAfterMs);
    this.socket.disconnect();
    if (this.#client.sockets.size === 0) this.#connection.close();
  }

  pause(): void {
    intakeOf(this.#connection).pause();
  }

  resume(): void {
    intakeOf(this.#connection).resume();
  }

  #sendClosing(code: number, reason: string, retryAfterMs?: number): void {
    this.socket.emit("closing", { code, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  }

  get #client(): ClientInternals {
    return clientInternals(this.socket);
  }
}

/** Passes a client's events to the hub and to nothing else, so that no event name can reach a listener of the server. */
export function receiveFrom(socket: Socket, hub: Pick<Hub, "receive">, connection: Connection): void {
  socket.use((event) => {
    const [type, ...args] = event as unknown[];
    const last = args.at(-1);
    const acknowledge = typeof last === "function" ? (answer: unknown) => last(answer) : undefined;
    const payload = typeof args[0] === "function" || args[0] === undefined ? {} : args[0];
    const inbound: Inbound =
      typeof type === "string" && isObject(payload)
        ? messageOf(type, payload)
        : { error: new HubError("invalid_message") };
    hub.receive(connection, acknowledge ? { ...inbound, acknowledge } : inbound);
  });
}

/** Splits off the `id`: on the wire it is a field of the payload, for the hub it is separate. */
function messageOf(type: string, payload: Record<string, unknown>): Inbound {
  if (!("id" in payload)) return { type, payload };
  const { id, ...rest } = payload;
  return { type, id, payload: rest };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
