import { io, type Socket } from "socket.io-client";
import type { Acknowledgement } from "../hub/dispatch.ts";
import type { ClientMessages, Closing, Credentials, Declared, HubMessages, Token } from "./namespaces.ts";
import { baseUrl, type Ports } from "./settings.ts";

/** Options of `connect`, with the credential that the namespace requires. */
export type ConnectOptions<D extends Declared> = Credentials[D["credential"]] & {
  /** Any port of the hub; see `configureJunction`. */
  readonly url?: string;
  /** If `false`, a lost or refused connection is not tried again. Default: `true`. */
  readonly reconnect?: boolean;
  /**
   * Called before every attempt. Returns the `seq` of the last message that the client has of the namespace's one room.
   * The hub then sends the messages after it, and `recovered` in its greeting. With `undefined` it sends new ones only.
   */
  readonly since?: () => number | undefined;
};

/** A type that extends `T` only if every field of `T` is optional. */
type Nothing = Record<never, never>;

/** The options argument, optional if no option is required. */
type OptionsArgument<D extends Declared> =
  Nothing extends ConnectOptions<D> ? [options?: ConnectOptions<D>] : [options: ConnectOptions<D>];

/** A client that was not let in (`data` has the code and reason), or could not reach the hub (no `data`). */
export type ConnectError = Error & { readonly data?: Closing };

/** Listeners by event: the messages of the hub, and changes of the connection. */
export type Listeners<D extends Declared> = {
  [T in keyof HubMessages<D>]: (payload: HubMessages<D>[T]) => void;
} & {
  /** Also called after a reconnect. The client has to join its rooms again. */
  connect: () => void;
  disconnect: (reason: string) => void;
  connect_error: (error: ConnectError) => void;
};

/** The payload of a message, optional if no field is required. */
type Payload<P> = Nothing extends P ? [payload?: P] : [payload: P];
/** The same with a function that gets the hub's answer. */
type PayloadAndAnswer<P> = Payload<P> | [payload: P, answer: (answer: Acknowledgement) => void];

type AnyListener = (...args: unknown[]) => void;
type MessageName<D extends Declared> = keyof ClientMessages<D> & string;
type EventName<D extends Declared> = keyof Listeners<D> & string;

/** Close codes after which the client reconnects: the worker is going away (another takes over), or is overloaded. */
const RECONNECT_CODES: readonly (number | undefined)[] = [1001, 1013];
const RECONNECT_MS = 1_000;

/** Milliseconds that an answer may take. */
const ANSWER_MS = 10_000;

/** Connects to one of the namespaces of `M`, by name. A parameter is filled in: `/polls/7`. */
export type Connect<M extends { readonly [N in keyof M]: Declared }> = <N extends keyof M & string>(
  namespace: N,
  ...[options]: OptionsArgument<M[N]>
) => HubSocket<M[N]>;

/**
 * Creates the `connect` of a hub with the namespaces `M`, for browsers and Node. Messages sent before the connection is
 * open are queued until then. A lost connection reconnects by itself; one that the hub refused or closed for a reason
 * of policy (1008) does not. `ports` has the default port of each app on localhost.
 */
export function createConnect<M extends { readonly [N in keyof M]: Declared }>(ports: Ports = {}): Connect<M> {
  return (namespace, ...[options]) => {
    const { url, token, apiKey, reconnect = true, since }: AnyOptions = options ?? {};
    const socket = io(baseUrl(namespace, ports, url) + namespace, {
      auth: (send) => void authOf(token, apiKey).then((auth) => send({ ...auth, since: since?.() })),
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      autoConnect: false,
      reconnection: reconnect,
      // Sockets share a connection and its reconnection, so one that does not reconnect has its own.
      forceNew: !reconnect,
    });
    return new HubSocket(socket, reconnect);
  };
}

interface AnyOptions {
  readonly url?: string;
  readonly reconnect?: boolean;
  readonly token?: Token;
  readonly apiKey?: string;
  readonly since?: () => number | undefined;
}

/**
 * Resolves to the `auth` of a handshake. If the token function fails, it has no token, and the hub answers that one is
 * required.
 */
async function authOf(token: Token | undefined, apiKey: string | undefined): Promise<Record<string, unknown>> {
  if (apiKey !== undefined) return { apiKey };
  if (typeof token !== "function") return { token };
  return {
    token: await Promise.resolve()
      .then(token)
      .catch(() => undefined),
  };
}

/** A connection to a namespace, with Socket.IO's own names and the types of the namespace. Created by `connect`. */
export class HubSocket<D extends Declared> {
  readonly #socket: Socket;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(socket: Socket, reconnect: boolean) {
    this.#socket = socket;
    if (reconnect) this.#reconnectAfterClosing();
    // Deferred, because React's strict mode unmounts each component right after mounting it, which must open no
    // connection.
    queueMicrotask(() => {
      if (!this.#ended) socket.connect();
    });
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  on<T extends EventName<D>>(type: T, listener: Listeners<D>[T]): this {
    this.#socket.on(type as string, listener as AnyListener);
    return this;
  }

  once<T extends EventName<D>>(type: T, listener: Listeners<D>[T]): this {
    this.#socket.once(type as string, listener as AnyListener);
    return this;
  }

  off<T extends EventName<D>>(type: T, listener: Listeners<D>[T]): this {
    this.#socket.off(type as string, listener as AnyListener);
    return this;
  }

  emit<T extends MessageName<D>>(type: T, ...payload: PayloadAndAnswer<ClientMessages<D>[T]>): this {
    this.#socket.emit(type, ...payload);
    return this;
  }

  /** Resolves with the hub's answer, good or bad; rejects when the connection ends before it, or after 10 seconds. */
  emitWithAck<T extends MessageName<D>>(type: T, ...payload: Payload<ClientMessages<D>[T]>): Promise<Acknowledgement> {
    return this.#socket.timeout(ANSWER_MS).emitWithAck(type, ...payload) as Promise<Acknowledgement>;
  }

  /** Ends the connection for good. */
  disconnect(): this {
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#socket.disconnect();
    return this;
  }

  /**
   * Reconnects after the codes above. Socket.IO reconnects lost connections, but none that the server closed or
   * refused.
   */
  #reconnectAfterClosing(): void {
    let code: number | undefined;
    this.#socket.on("closing", (closing: Closing) => {
      code = closing.code;
    });
    this.#socket.on("disconnect", (reason) => {
      if (reason === "io server disconnect" && RECONNECT_CODES.includes(code)) this.#scheduleReconnect();
      code = undefined;
    });
    this.#socket.on("connect_error", (error: ConnectError) => {
      if (!this.#socket.active && RECONNECT_CODES.includes(error.data?.code)) this.#scheduleReconnect();
    });
  }

  /**
   * Schedules a reconnect after a random delay, so that the clients of a worker that ended do not all connect at once.
   */
  #scheduleReconnect(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#socket.connect(), RECONNECT_MS * (0.5 + Math.random()));
  }
}
