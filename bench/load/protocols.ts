/** How a client of a contender gets into a room, and stays there. */
export interface Protocol {
  /** Path and query of the WebSocket for a client of `room`. */
  url(room: string): string;
  /** What the client says once it is upgraded; absent: by then it is in its room. */
  hello?(room: string): string | undefined;
  /** Takes a message that comes before the client is in: what the client says to that, or that it is in. */
  greet?(text: string, room: string): { readonly say: string } | "joined" | undefined;
  /** A ping that is a message of its own, and what is answered. */
  readonly heartbeat?: { readonly ping: string; readonly pong: string };
  /** Whether one frame may hold several messages, a line each. */
  readonly joinsByLine?: boolean;
  /** Where the server does not publish by itself: the HTTP request that publishes `text` to a room. */
  publication?(room: string, text: string): Publication;
  /** How many such requests it takes on one connection before it has answered the first; absent: one. */
  readonly pipelined?: number;
}

export interface Publication {
  readonly path: string;
  readonly body: string;
}

/** Messages that are one JSON object with a `type`. */
function plain(path: string): Protocol {
  return {
    url: () => path,
    hello: (room) => JSON.stringify({ type: "join", room }),
    greet: (text) => (text.includes('"joined"') ? "joined" : undefined),
  };
}

/** Socket.IO by WebSocket from the start. `namespace` as packets have it: `""` for the default one. */
function socketIo(namespace: string): Protocol {
  return {
    url: () => "/socket.io/?EIO=4&transport=websocket",
    hello: () => undefined,
    greet(text, room) {
      if (text.startsWith("0")) return { say: `40${namespace}` };
      if (text.startsWith("40")) return { say: `42${namespace}${JSON.stringify(["join", { room }])}` };
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
