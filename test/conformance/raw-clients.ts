import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import type { Ended } from "../support/client.ts";

/** A client that says exactly what it is told to, frame by frame, on either door. */
export interface RawClient {
  readonly ws: WebSocket;
  /** Sends an event the way that a proper client of this door would. */
  emit(type: string, payload?: unknown): void;
  /** What the hub has sent, as `[type, payload]`; `closing` too. */
  readonly log: [string, Record<string, unknown>][];
  /** Resolves when there are so many messages of a type. */
  had(type: string, count?: number): Promise<Record<string, unknown>[]>;
  /** The code and reason that this client was told: by `closing`, or else by the close frame. */
  readonly ended: Promise<Ended>;
}

export interface RawDoor {
  readonly name: string;
  connect(base: string, token: string): Promise<RawClient>;
}

/** The events app through either door. */
export const RAW_DOORS: readonly RawDoor[] = [
  {
    name: "plain WebSocket",
    async connect(base, token) {
      const ws = new WebSocket(`${base.replace("http", "ws")}/ws?token=${token}`);
      const client = rawClient(ws, (text) => {
        const { type, ...payload } = JSON.parse(text) as { type: string };
        return [type, payload];
      });
      await client.had("connection_established");
      return { ...client, emit: (type, payload = {}) => ws.send(JSON.stringify({ type, ...(payload as object) })) };
    },
  },
  {
    name: "Socket.IO",
    async connect(base, token) {
      const ws = new WebSocket(`${base.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
      const client = rawClient(ws, (text) => {
        if (text.startsWith("0")) ws.send(`40/events,${JSON.stringify({ token })}`);
        if (!text.startsWith("42/events,")) return undefined;
        const [type, payload] = JSON.parse(text.slice("42/events,".length)) as [string, Record<string, unknown>];
        return [type, payload];
      });
      await client.had("connection_established");
      return {
        ...client,
        emit: (type, payload) =>
          ws.send(`42/events,${JSON.stringify(payload === undefined ? [type] : [type, payload])}`),
      };
    },
  },
];

type Message = [string, Record<string, unknown>];

function rawClient(ws: WebSocket, read: (text: string) => Message | undefined): Omit<RawClient, "emit"> {
  const log: Message[] = [];
  let happened = (): void => {};
  ws.on("message", (data) => {
    const message = read(String(data));
    if (message) log.push(message);
    happened();
  });
  ws.on("error", () => {});
  ws.on("close", () => happened());
  const ended = once(ws, "close").then(([code, reason]): Ended => {
    const told = log.find(([type]) => type === "closing")?.[1];
    return told ? (told as unknown as Ended) : { code: code as number, reason: String(reason) };
  });
  const had: RawClient["had"] = async (type, count = 1) => {
    for (;;) {
      const found = log.flatMap(([known, payload]) => (known === type ? [payload] : []));
      if (found.length >= count) return found;
      if (ws.readyState === WebSocket.CLOSED) throw new Error(`closed before it had ${count} ${type}`);
      await new Promise<void>((resolve) => {
        happened = resolve;
      });
    }
  };
  return { ws, log, had, ended };
}

/** The headers of a proper WebSocket handshake. */
export const HANDSHAKE: Readonly<Record<string, string>> = {
  Host: "localhost",
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": "13",
};

/** Opens a TCP connection and sends a request with these headers and nothing else. */
export async function knock(
  base: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  method = "GET",
): Promise<Socket> {
  const socket = connect({ port: Number(new URL(base).port), host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write([`${method} ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
  return socket;
}

/** The status of the answer to such a request; 0 where the server just hangs up. */
export async function statusOf(socket: Socket): Promise<number> {
  const [chunk] = (await Promise.race([once(socket, "data"), once(socket, "close")])) as [unknown];
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(String(chunk))?.[1] ?? 0);
  socket.destroy();
  return status;
}
