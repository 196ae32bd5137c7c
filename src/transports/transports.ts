import { randomBytes } from "node:crypto";
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { Server as SocketIoServer } from "socket.io";
import type { Channel } from "../hub/channel.ts";
import type { Params } from "../hub/client.ts";
import { timestamp } from "../hub/clock.ts";
import { DISCONNECTS, Refusal } from "../hub/disconnects.ts";
import type { Hub } from "../hub/hub.ts";
import type { Fanout } from "../hub/message.ts";
import type { DeliveryClass } from "../hub/outbound.ts";
import { sinceOf } from "../hub/resume.ts";
import { credentialFrom, type Handshake } from "./credentials.ts";
import { fanoutOf } from "./fanout.ts";
import { checkInternals } from "./internals.ts";
import { inMemory, openNamespaces, type RoomsAdapter } from "./namespaces.ts";
import { addressBook } from "./plain/addresses.ts";
import { PlainEngine } from "./plain/plain-engine.ts";
import { createEngine } from "./socketio/engine-io.ts";
import { plainText } from "./writing/broadcast.ts";

export interface TransportOptions {
  /** This worker's name. Session ids begin with it, so that a proxy finds the worker of a session. */
  readonly worker: string;
  readonly maxPayloadBytes: number;
  readonly budgetBytes: number;
  readonly windowMs: number;
  readonly origins: "*" | readonly string[];
  /** Makes the rooms of a root namespace. Default: rooms of this worker alone. */
  readonly adapterOf?: RoomsAdapter | undefined;
}

export interface Transports {
  /** The fan-out to the members of rooms on this worker. */
  readonly fanout: Fanout;
  /** Serves both transports on a port: every app under its name, and `apps` at their documented URLs. */
  serve(server: HttpServer, apps: readonly string[], http: (req: IncomingMessage, res: ServerResponse) => void): void;
  /** Counts the pairs of a client and a room on this worker, by root namespace. */
  subscriptions(): ReadonlyMap<string, number>;
  /** Closes every connection that is left. */
  close(): Promise<void>;
}

const SOCKET_IO_PATH = "/socket.io/";

/** Opens the namespaces of all channels on both transports. One Socket.IO server serves both. */
export function createTransports(hub: Hub, channels: readonly Channel[], options: TransportOptions): Transports {
  checkInternals();
  const generateId = (): string => `${options.worker}.${randomBytes(15).toString("base64url")}`;
  const watch = {
    written: (writes: number, frames: number) => void hub.events.emit("written", { writes, frames }),
    slow: (outcome: "conflated" | "closed") => void hub.events.emit("slow", { outcome }),
    dropped: (delivery: DeliveryClass, count: number) =>
      void hub.events.emit("dropped", { delivery, reason: "slow", count }),
  };
  const shared = { ...options, maxPayload: options.maxPayloadBytes, generateId, watch };
  const plain = new PlainEngine(shared);
  const engine = createEngine(shared);
  const io = new SocketIoServer({ serveClient: false, cleanupEmptyChildNamespaces: true });
  io.bind(plain as unknown as typeof engine);
  io.bind(engine);
  const recipients = openNamespaces(io, hub, channels, options.adapterOf ?? inMemory);

  return {
    fanout: fanoutOf(io, recipients),

    serve(server, apps, http) {
      const resolve = addressBook(channels, apps);
      server.on("request", (req, res) => {
        if (req.url?.startsWith(SOCKET_IO_PATH)) engine.handleRequest(req as never, res);
        else http(req, res);
      });
      server.on("upgrade", (req, socket, head) => {
        socket.on("error", destroy);
        if (req.url?.startsWith(SOCKET_IO_PATH)) engine.handleUpgrade(req as never, socket, head);
        else void upgrade(req, socket, head);
      });

      async function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
        const url = parseTarget(req.url);
        if (!url) return answer(socket, 400, "The request's target is not a path");
        const handshake: Handshake = { headers: req.headers, query: url.searchParams };
        const resolution = resolve(url.pathname, (channel) => credentialFrom(handshake, channel));
        if (!("found" in resolution)) return answer(socket, 404, nowhere(url.pathname, resolution.instead));
        const { channel, params } = resolution.found;
        try {
          const since = sinceOf(url.searchParams.get("since"));
          const admission = await hub.admit(channel, credentialFrom(handshake, channel), params, since);
          if (socket.destroyed) return admission.release();
          plain.accept(req, socket, head, named(channel, params), { channel, admission });
        } catch (thrown) {
          const refusal = thrown instanceof Refusal ? thrown : new Refusal("internal");
          const { code, reason, status } = DISCONNECTS[refusal.disconnect];
          if (channel.refuse === "http") return answer(socket, status, reason);
          const view = { message: refusal.message, room: undefined, timestamp: timestamp(hub.clock) };
          const text = plainText("error", channel.error(view), channel.envelope ?? "flat");
          plain.refuse(req, socket, head, text, code, reason);
        }
      }
    },

    subscriptions() {
      const roots = new Set(channels.map(({ rootNamespace }) => rootNamespace));
      return new Map([...roots].map((root) => [root, pairs(io.of(root).adapter.sids)]));
    },

    async close() {
      plain.close();
      engine.close();
      await io.close();
    },
  };
}

/** Destroys a socket. One function for all sockets: a closure would hold the request as long as the client stays. */
function destroy(this: Duplex): void {
  this.destroy();
}

/** Counts pairs of a client and a room, without the room of its own name that every client is in. */
function pairs(roomsOf: ReadonlyMap<string, ReadonlySet<string>>): number {
  let count = 0;
  for (const [id, rooms] of roomsOf) count += rooms.size - (rooms.has(id) ? 1 : 0);
  return count;
}

/** Parses the target of a request. Returns `undefined` if it is no path, which no WebSocket client sends. */
function parseTarget(target = "/"): URL | undefined {
  const url = `http://localhost${target}`;
  return target.startsWith("/") && URL.canParse(url) ? new URL(url) : undefined;
}

/** Returns the namespace that a plain client enters, with its parameters filled in. */
function named(channel: Channel, params: Params): string {
  return channel.namespace.replace(/\{(\w+)\}/g, (_all, name: string) => params[name] ?? "");
}

function nowhere(path: string, instead: readonly string[]): string {
  return instead.length === 0
    ? `Nothing is served at ${path}`
    : `Several apps share ${path}; use ${instead.join(" or ")}`;
}

/** Answers an upgrade over HTTP, as problem+json, and closes the connection without waiting for the client. */
function answer(socket: Duplex, status: number, detail: string): void {
  const title = STATUS_CODES[status] ?? "Error";
  const body = JSON.stringify({ type: "about:blank", title, status, detail });
  const head = `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.once("finish", () => socket.destroy());
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}
