/** The protocol by which a client of a contender joins a room, and stays there. */
export interface Protocol {
  /** Returns path and query of the WebSocket for a client of `room`. */
  url(room: string): string;
  /** Returns the client's first message after the upgrade; absent: the upgrade joins the room. */
  hello?(room: string): string | undefined;
  /** Handles a message before the client has joined: returns the client's answer, or "joined". */
  greet?(text: string, room: string): { readonly send: string } | "joined" | undefined;
  /** A ping that is a message of its own, and its answer. */
  readonly heartbeat?: { readonly ping: string; readonly pong: string };
  /** True if one frame may hold several messages, one per line. */
  readonly joinsByLine?: boolean;
  /** Returns the HTTP request that publishes `text` to a room; absent: the server publishes by itself. */
  publication?(room: string, text: string): Publication;
  /** Number of such requests that the server takes on one connection before it answers the first; absent: one. */
  readonly pipelined?: number;
}

export interface Publication {
  readonly path: string;
  readonly body: string;
}

/** Returns the protocol of messages that are one JSON object with a `type`. */
function plain(path: string): Protocol {
  return {
    url: () => path,
    hello: (room) => JSON.stringify({ type: "join", room }),
    greet: (text) => (text.includes('"joined"') ? "joined" : undefined),
  };
}

/**
 * Returns the protocol of Socket.IO by WebSocket from the start. `namespace` as in packets: `""` for the default one.
 */
function socketIo(namespace: string): Protocol {
  return {
    url: () => "/socket.io/?EIO=4&transport=websocket",
    hello: () => undefined,
    greet(text, room) {
      if (text.startsWith("0")) return { send: `40${namespace}` };
      if (text.startsWith("40")) return { send: `42${namespace}${JSON.stringify(["join", { room }])}` };
      return text.includes('"joined"') ? "joined" : undefined;
    },
    heartbeat: { ping: "2", pong: "3" },
  };
}

export const PROTOCOLS = {
  ws: plain("/"),
  "junction-plain": plain("/bench/ws"),
  "junction-notes": plain("/notes/ws"),
  "junction-socketio": socketIo("/bench,"),
  socketio: socketIo(""),
  nchan: {
    url: (room) => `/subscribe/${room}`,
    publication: (room, body) => ({ path: `/publish/${room}`, body }),
    pipelined: 1_000,
  },
  "django-channels": {
    url: (room) => `/rooms/${room}`,
    publication: (room, body) => ({ path: `/rooms/${room}`, body }),
  },
  centrifugo: {
    url: () => "/connection/websocket",
    hello: (room) => `{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"${room}"}}`,
    greet: (text) => (text.startsWith('{"id":2') ? "joined" : undefined),
    heartbeat: { ping: "{}", pong: "{}" },
    publication: (room, text) => ({ path: "/api/publish", body: `{"channel":"${room}","data":${text}}` }),
    joinsByLine: true,
  },
} satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof PROTOCOLS;
