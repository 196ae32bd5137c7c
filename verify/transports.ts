import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { z } from "zod";

/** The address that a subscriber connects to. */
export interface Address {
  /** The URL's path for plain clients, for example `/events/ws/events/7`. */
  readonly path: string;
  /** The namespace for Socket.IO clients, for example `/events/7`. */
  readonly namespace: string;
  readonly token: string | undefined;
}

export type Body = Readonly<Record<string, unknown>>;

export interface Listener {
  message(type: string, body: Body): void;
  /** Called once, when the connection has ended or could not be opened. */
  closed(reason: string): void;
}

export interface Link {
  send(type: string, body: Body): void;
  close(): void;
}

/** A way to connect. `since`: the offset to resume from, for an address that stands for a room. */
export interface Transport {
  readonly name: string;
  open(url: string, address: Address, since: number | undefined, listener: Listener): Link;
}

const frame = z.looseObject({ type: z.string() });

const plain: Transport = {
  name: "plain",
  open(url, { path, token }, since, listener) {
    const query = since === undefined ? "" : `?since=${since}`;
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const socket = new WebSocket(url.replace("http", "ws") + path + query, { headers });
    let fault = "";
    socket.on("message", (data) => listener.message(...unwrap(data.toString())));
    // `close` follows.
    socket.on("error", ({ message }) => {
      fault = message;
    });
    socket.once("close", (code, reason) => listener.closed(fault || `${code} ${reason}`));
    return {
      send: (type, body) => socket.send(JSON.stringify({ type, ...body }), () => {}),
      close: () => socket.terminate(),
    };
  },
};

/** Splits a frame into type and body. Text that is no message gets an empty type, so that it is later found missing. */
function unwrap(text: string): [string, Body] {
  try {
    const { type, ...body } = frame.parse(JSON.parse(text));
    return [type, body];
  } catch {
    return ["", { text }];
  }
}

/**
 * Connects by Socket.IO. `transports` as in a browser: polling with an upgrade to WebSocket, or WebSocket from the
 * start.
 */
function socketIo(name: string, transports: string[]): Transport {
  return {
    name,
    open(url, { namespace, token }, since, listener) {
      const auth = { ...(token !== undefined && { token }), ...(since !== undefined && { since }) };
      const socket = io(url + namespace, { auth, transports, forceNew: true, reconnection: false });
      let isOver = false;
      const end = (reason: string): void => {
        if (isOver) return;
        isOver = true;
        socket.disconnect();
        listener.closed(reason);
      };
      socket.onAny((type: string, body: Body = {}) => {
        if (!isOver) listener.message(type, body);
      });
      socket.on("connect_error", ({ message }) => end(message));
      socket.on("disconnect", (reason) => end(reason));
      return {
        send: (type, body) => void socket.emit(type, body),
        close: () => end("closed by the verifier"),
      };
    },
  };
}

const webSocketOnly = socketIo("Socket.IO", ["websocket"]);
const upgraded = socketIo("Socket.IO from polling", ["polling", "websocket"]);

/**
 * Returns the transport of a room's subscriber number `i`. Half are plain; of the others, one in eight begins with
 * polling.
 */
export function transportOf(room: number, i: number): Transport {
  if (i % 2 === 0) return plain;
  return (room + i) % 8 === 7 ? upgraded : webSocketOnly;
}
