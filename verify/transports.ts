import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { z } from "zod";

/** Where a subscriber connects. */
export interface Address {
  /** The URL's path for plain clients, for example `/events/ws/events/7`. */
  readonly path: string;
  /** The same for Socket.IO, for example `/events/7`. */
  readonly namespace: string;
  readonly token: string | undefined;
}

export type Body = Readonly<Record<string, unknown>>;

export interface Listener {
  message(type: string, body: Body): void;
  /** The connection is over, or did not come about; called once. */
  closed(reason: string): void;
}

export interface Link {
  send(type: string, body: Body): void;
  close(): void;
}

/** One of the two ways in. `since`: where to go on, for an address that is a room by itself. */
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
    // A close follows.
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

/** What is no message is given a type that none has: it will be missing where it should have been. */
function unwrap(text: string): [string, Body] {
  try {
    const { type, ...body } = frame.parse(JSON.parse(text));
    return [type, body];
  } catch {
    return ["", { text }];
  }
}

/** `transports` as a browser has them: from polling up to WebSocket, or WebSocket from the start. */
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

/** The door of a room's subscriber number `i`: half are plain; of the others, one in eight begins with polling. */
export function transportOf(room: number, i: number): Transport {
  if (i % 2 === 0) return plain;
  return (room + i) % 8 === 7 ? upgraded : webSocketOnly;
}
