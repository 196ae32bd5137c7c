import { createRequire } from "node:module";
import path from "node:path";
import type { Duplex } from "node:stream";
import { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import type { Socket, Server as SocketIoServer } from "socket.io";
import * as ws from "ws";
import type { Frame, FrameSink, PacketOptions } from "./writing/frame.ts";

/*
 * Every private part of ws, engine.io and Socket.IO that this hub uses, with its type. An upgrade that renames one of
 * them fails in `checkInternals` at start and not in production.
 */

/** The part of `ws` that writes every frame of a socket. */
export interface FrameSender {
  owner?: FrameSink;
  /** The payload of a text frame is a string. */
  sendFrame(parts: (Buffer | string)[], callback?: (error?: Error) => void): void;
}

/** The private parts of a `ws` WebSocket. */
export interface WebSocketInternals {
  _socket: Duplex;
  _closeFrameReceived: boolean;
  _sender: FrameSender;
  setSocket(socket: Duplex, head: Buffer, options: object): void;
}

/** The private parts of an engine.io connection. */
export interface ConnectionInternals {
  readonly readyState: string;
  /** `socket` exists on the WebSocket transport alone. */
  readonly transport: { readonly writable: boolean; readonly socket?: ws.WebSocket & FrameSink };
  writeBuffer: { data?: string; options?: PacketOptions }[];
  write(data: string, options?: PacketOptions, callback?: () => void): unknown;
}

/** The private parts of a Socket.IO client, which holds one engine.io connection and its namespaces. */
export interface ClientInternals {
  readonly sockets: ReadonlyMap<string, Socket>;
  writeToEngine(encoded: readonly string[], options: PacketOptions): void;
}

/** The frame builder of `ws`, exported but not typed. */
const { Sender } = ws as unknown as {
  Sender: { prototype: FrameSender; frame(data: Buffer, options: object): Frame };
};

/** Builds a frame from its payload. `options` are those of `ws`. */
export function buildFrame(data: Buffer, options: object): Frame {
  return Sender.frame(data, options);
}

export function webSocketInternals(socket: ws.WebSocket): WebSocketInternals {
  return socket as unknown as WebSocketInternals;
}

export function connectionInternals(connection: EngineSocket): ConnectionInternals {
  return connection as unknown as ConnectionInternals;
}

export function clientInternals(socket: Socket): ClientInternals {
  return socket.client as unknown as ClientInternals;
}

/** Returns the engine.io connection of a Socket.IO socket. */
export function connectionOf(socket: Socket): EngineSocket {
  return socket.conn as unknown as EngineSocket;
}

/** Returns the connections of an engine by session id. */
export function connectionsOf(engine: EngineServer): Readonly<Record<string, EngineSocket>> {
  return (engine as unknown as { clients: Readonly<Record<string, EngineSocket>> }).clients;
}

/** Replaces the handshake request that a connection holds until the client disconnects. */
export function replaceRequest(connection: EngineSocket, request: object): void {
  (connection as { request: unknown }).request = request;
}

/** Replaces the handshake that a socket holds. */
export function replaceHandshake(socket: Socket, handshake: object): void {
  (socket as { handshake: unknown }).handshake = handshake;
}

/** Attaches an engine other than engine.io's own to a Socket.IO server. It has to emit `connection`. */
export function bindEngine(io: SocketIoServer, engine: object): void {
  io.bind(engine as unknown as EngineServer);
}

const require = createRequire(import.meta.url);

/** A package, a part of it, and a function that returns true if the installed version has that part. */
type Check = readonly [packageName: "ws" | "engine.io" | "socket.io", part: string, exists: () => boolean];

const CHECKS: readonly Check[] = [
  ["ws", "Sender.frame", () => isMethod(Sender, "frame") && isMethod(Sender?.prototype, "sendFrame")],
  ["ws", "WebSocket.setSocket", () => isMethod(ws.WebSocket.prototype, "setSocket")],
  ["ws", "WebSocket._socket, _sender, _closeFrameReceived", hasWebSocketFields],
  ["engine.io", "Socket.close", () => isMethod(EngineSocket.prototype, "close")],
  ["engine.io", "Socket.write", () => isMethod(EngineSocket.prototype, "write")],
  ["engine.io", "Socket.readyState", () => "readyState" in EngineSocket.prototype],
  ["engine.io", "Server.clients", () => typeof connectionsOf(new EngineServer()) === "object"],
  ["socket.io", "Client.writeToEngine", () => isMethod(clientClass()?.prototype, "writeToEngine")],
];

/**
 * Throws an `Error` when a private part that the transports need does not exist. Its message names the package, the
 * installed version and the missing part. Called once at start.
 */
export function checkInternals(checks: readonly Check[] = CHECKS): void {
  for (const [packageName, part, exists] of checks) {
    if (exists()) continue;
    throw new Error(
      `${packageName} ${versionOf(packageName)} has no ${part}, which Junction's transports rest on. ` +
        `Install the version that package-lock.json names (npm ci).`,
    );
  }
}

function isMethod(holder: unknown, name: string): boolean {
  const isHolder = (typeof holder === "object" && holder !== null) || typeof holder === "function";
  return isHolder && typeof (holder as Record<string, unknown>)[name] === "function";
}

/** Checks the fields on a WebSocket without an address: a server-side one before its socket is set has them already. */
function hasWebSocketFields(): boolean {
  const socket = Reflect.construct(ws.WebSocket, [null, undefined, {}]) as object;
  return "_socket" in socket && "_sender" in socket && "_closeFrameReceived" in socket;
}

/** Socket.IO does not export its `Client`. */
function clientClass(): { prototype: unknown } | undefined {
  const file = path.join(path.dirname(require.resolve("socket.io")), "client.js");
  return (require(file) as { Client?: { prototype: unknown } }).Client;
}

function versionOf(packageName: string): string {
  const folder = require.resolve(packageName).split(`node_modules${path.sep}${packageName}${path.sep}`)[0] ?? "";
  const file = path.join(folder, "node_modules", packageName, "package.json");
  return (require(file) as { version: string }).version;
}
