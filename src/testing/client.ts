import { once } from "node:events";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { WebSocket } from "ws";

export type Payload = Record<string, unknown>;
export interface Ended {
  code: number;
  reason: string;
}

/** A channel's names on the wire, and the options of a client that connects to it. */
export interface Target {
  /** Documented URL, for example `/ws/polls/7`. */
  path: string;
  namespace: string;
  credential?: string;
  kind?: "jwt" | "apiKey" | "none";
  envelope?: "flat" | "data";
  /** The offset of the last message that the client has, to resume from. */
  since?: number | string;
}

/** A client over any transport, so that one spec can run on all of them. */
export interface TestClient {
  /** Every message received so far, as `[type, payload]`, in order of arrival. */
  readonly log: [string, Payload][];
  send(type: string, payload?: Payload): void;
  /** Resolves to the next message of this type that no earlier call returned. */
  next(type: string): Promise<Payload>;
  /** Resolves when the connection is closed, to the close code and reason that the hub sent. */
  readonly ended: Promise<Ended>;
  close(): Promise<void>;
}

/** A transport by which specs reach the hub's channels. */
export interface Transport {
  readonly name: string;
  connect(base: string, target: Target): Promise<TestClient>;
  /** Connects a client that must be refused. Resolves to the code, reason and message that it gets. */
  refused(base: string, target: Target): Promise<Ended & { message: string | undefined }>;
}

/** A store of received messages, which resolves the calls that wait for one. */
class Mailbox {
  readonly log: [string, Payload][] = [];
  readonly #taken = new Set<number>();
  readonly #waiting: { type: string; resolve: (payload: Payload) => void }[] = [];

  put(type: string, payload: Payload): void {
    const index = this.log.push([type, payload]) - 1;
    const waiting = this.#waiting.findIndex((waiter) => waiter.type === type);
    if (waiting < 0) return;
    this.#taken.add(index);
    this.#waiting.splice(waiting, 1)[0]?.resolve(payload);
  }

  next(type: string): Promise<Payload> {
    const index = this.log.findIndex(([received], i) => received === type && !this.#taken.has(i));
    const arrived = this.log[index];
    if (arrived) {
      this.#taken.add(index);
      return Promise.resolve(arrived[1]);
    }
    return new Promise((resolve) => this.#waiting.push({ type, resolve }));
  }
}

/** Opens the WebSocket of a target. */
export function openWebSocket(base: string, { path, credential, kind = "jwt", since }: Target): WebSocket {
  const headers: Record<string, string> = {};
  if (credential !== undefined && kind === "apiKey") headers["X-API-Key"] = credential;
  if (credential !== undefined && kind === "jwt") headers.Authorization = `Bearer ${credential}`;
  const query = since === undefined ? "" : `?since=${since}`;
  return new WebSocket(base.replace("http", "ws") + path + query, { headers });
}

function unwrap(text: string, envelope: Target["envelope"]): [string, Payload] {
  const { type, ...rest } = JSON.parse(text) as { type: string } & Payload;
  return [type, envelope === "data" ? (rest.data as Payload) : rest];
}

/** Plain WebSocket. */
export const plain: Transport = {
  name: "plain WebSocket",
  async connect(base, target) {
    const ws = openWebSocket(base, target);
    const mailbox = new Mailbox();
    ws.on("message", (data) => mailbox.put(...unwrap(data.toString(), target.envelope)));
    const ended = new Promise<Ended>((resolve) => {
      ws.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    await once(ws, "open");
    return {
      log: mailbox.log,
      next: (type) => mailbox.next(type),
      ended,
      send(type, payload = {}) {
        const { id, ...data } = payload;
        ws.send(JSON.stringify(target.envelope === "data" ? { type, id, data } : { type, ...payload }));
      },
      async close() {
        ws.close(1000);
        await ended;
      },
    };
  },
  async refused(base, target) {
    const client = await plain.connect(base, target);
    const ended = await client.ended;
    const error = client.log.find(([type]) => type === "error")?.[1];
    return { ...ended, message: (error?.message ?? error?.detail) as string | undefined };
  },
};

function openSocket(base: string, target: Target, options: Partial<ManagerOptions & SocketOptions>): Socket {
  const { credential, kind = "jwt", namespace, since } = target;
  const shown = credential === undefined ? {} : kind === "apiKey" ? { apiKey: credential } : { token: credential };
  const auth = { ...shown, ...(since !== undefined && { since }) };
  return io(base + namespace, { auth, forceNew: true, reconnection: false, ...options });
}

function socketIoBy(name: string, transports: string[]): Transport {
  return {
    name,
    async connect(base, target) {
      const socket = openSocket(base, target, { transports });
      const mailbox = new Mailbox();
      let closing: Ended | undefined;
      const ended = new Promise<Ended>((resolve) => {
        socket.once("disconnect", (reason) => resolve(closing ?? { code: 1005, reason }));
      });
      socket.onAny((type: string, payload: Payload) => {
        if (type === "closing") closing = payload as unknown as Ended;
        else mailbox.put(type, payload);
      });
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("connect_error", reject);
      });
      return {
        log: mailbox.log,
        next: (type) => mailbox.next(type),
        ended,
        send(type, payload) {
          socket.emit(type, ...(payload === undefined ? [] : [payload]));
        },
        async close() {
          socket.disconnect();
          await ended;
        },
      };
    },
    async refused(base, target) {
      const socket = openSocket(base, target, { transports });
      const error = await new Promise<Error & { data?: Ended }>((resolve, reject) => {
        socket.once("connect_error", resolve);
        socket.once("connect", () => reject(new Error("was let in")));
      });
      socket.disconnect();
      return { code: error.data?.code ?? 0, reason: error.data?.reason ?? "", message: error.message };
    },
  };
}

/** Socket.IO over WebSocket alone. */
export const socketIo = socketIoBy("Socket.IO", ["websocket"]);

/** Socket.IO over HTTP alone. */
export const polling = socketIoBy("Socket.IO by polling", ["polling"]);

export const transports: readonly Transport[] = [plain, socketIo, polling];
