import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "socket.io";
import type { RawData, WebSocketServer } from "ws";
import type { Channel } from "../../hub/channel.ts";
import type { Connection } from "../../hub/connection.ts";
import type { Inbound } from "../../hub/dispatch.ts";
import { HubError } from "../../hub/errors.ts";
import type { Admission, Hub } from "../../hub/hub.ts";
import { MemberWire } from "../wire.ts";
import type { Broadcast } from "../writing/broadcast.ts";
import { type CoalescedSocket, coalescingServer } from "../writing/coalesced-socket.ts";
import type { CoalescingOptions } from "../writing/frame.ts";

/** Milliseconds between two pings of plain clients. A client that has not answered by the next ping is disconnected. */
const HEARTBEAT_MS = 30_000;

/**
 * The plain WebSocket transport as an engine for Socket.IO. Its connections are real Socket.IO clients, with the same
 * namespaces, rooms and adapter. Only the framing differs.
 */
export class PlainEngine extends EventEmitter<{ connection: [PlainConnection] }> {
  readonly #server: WebSocketServer;
  readonly #connections = new Set<PlainConnection>();
  readonly #generateId: () => string;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(options: CoalescingOptions & { maxPayload: number; generateId: () => string }) {
    super();
    this.#generateId = options.generateId;
    this.#server = new (coalescingServer(options))({
      noServer: true,
      clientTracking: false,
      maxPayload: options.maxPayload,
      perMessageDeflate: false,
    });
    this.#heartbeat = setInterval(() => {
      for (const connection of this.#connections) connection.beat();
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /**
   * Upgrades the request of an admitted client and connects it to its namespace. Releases the admission if that fails.
   */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, namespace: string, entry: Entry): void {
    let isUpgraded = false;
    this.#upgrade(request, socket, head, (ws) => {
      isUpgraded = true;
      this.#connect(new PlainConnection(this.#generateId(), request.socket.remoteAddress, ws, entry), namespace);
    });
    if (!isUpgraded) entry.admission.release();
  }

  /**
   * Separate from `accept`, so that its closures, which live as long as the client, do not hold the request in memory.
   */
  #connect(connection: PlainConnection, namespace: string): void {
    this.#connections.add(connection);
    connection.on("close", () => this.#connections.delete(connection));
    this.emit("connection", connection);
    connection.connect(namespace);
  }

  /** Upgrades a request only to send the reason of a refusal: the document's error message, then the close. */
  refuse(request: IncomingMessage, socket: Duplex, head: Buffer, text: string, code: number, reason: string): void {
    this.#upgrade(request, socket, head, (ws) => {
      ws.send(text);
      ws.close(code, reason);
    });
  }

  /** Terminates all connections that are left. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const connection of this.#connections) connection.terminate();
    this.#server.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, then: (ws: CoalescedSocket) => void): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => then(ws as CoalescedSocket));
  }
}

/** The channel and the admission of a client, settled before the upgrade. */
export interface Entry {
  readonly channel: Channel;
  readonly admission: Admission;
}

interface ConnectionEvents {
  data: [string];
  error: [Error];
  close: [string];
}

const NO_REQUEST = Object.freeze({ headers: {}, connection: {}, url: "", _query: {} });

/** A plain client, in the shape that Socket.IO expects of an engine's connection. */
export class PlainConnection extends EventEmitter<ConnectionEvents> {
  readonly protocol = 4;
  readonly transport = { name: "websocket", writable: true };
  readonly id: string;
  /** A stand-in for the upgrade request, which would be held in memory until the client disconnects. */
  readonly request = NO_REQUEST;
  readonly remoteAddress: string | undefined;
  readonly entry: Entry;
  readyState: "open" | "closed" = "open";
  readonly #ws: CoalescedSocket;

  constructor(id: string, remoteAddress: string | undefined, ws: CoalescedSocket, entry: Entry) {
    super();
    this.id = id;
    this.remoteAddress = remoteAddress;
    this.entry = entry;
    this.#ws = ws;
    ws.on("close", () => {
      this.readyState = "closed";
      this.emit("close", "transport close");
    });
  }

  /** Enters the namespace. Reads nothing until it is open, so that no early message is lost. */
  connect(namespace: string): void {
    this.#ws.pause();
    this.emit("data", `0${namespace},`);
  }

  /** Begins to pass the client's messages to the hub. */
  start(hub: Pick<Hub, "receive">, connection: Connection): void {
    this.#ws.on("message", (data, isBinary) => {
      if (!isBinary) hub.receive(connection, parse(data, this.entry.channel.envelope ?? "flat"));
    });
    this.#ws.resume();
  }

  /** Called by Socket.IO to write to this client. Of its own packets only those that disconnect have an effect. */
  write(packet: string): void {
    if (packet.startsWith("1") || packet.startsWith("4")) this.close();
  }

  /** Returns the hub's wire to this client, which `socket` stands for. */
  wire(socket: Socket): MemberWire {
    return new PlainWire(socket, this.#ws, this.entry.channel);
  }

  close(): void {
    this.#ws.close(1000);
  }

  terminate(): void {
    this.#ws.terminate();
  }

  beat(): void {
    if (this.#ws.isAlive) this.#ws.ping();
    else this.terminate();
    this.#ws.isAlive = false;
  }
}

class PlainWire extends MemberWire {
  readonly transport = "plain";
  readonly #ws: CoalescedSocket;

  constructor(socket: Socket, ws: CoalescedSocket, channel: Channel) {
    super(socket, channel);
    this.#ws = ws;
  }

  take(broadcast: Broadcast): void {
    this.#ws.sendFrame(broadcast.plainFrame(this.channel.envelope ?? "flat"));
  }

  end(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }
}

/** Parses a text frame. An error is returned as one, for the hub to answer. */
function parse(data: RawData, envelope: "flat" | "data"): Inbound {
  let message: unknown;
  try {
    message = JSON.parse(data.toString());
  } catch {
    return { error: new HubError("invalid_json") };
  }
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    return { error: new HubError("invalid_message") };
  }
  const { type, id, ...rest } = message as Record<string, unknown>;
  if (typeof type !== "string") return { error: new HubError("invalid_message") };
  return { type, id, payload: envelope === "data" ? (rest.data ?? {}) : rest };
}
