import { io, type Socket } from "socket.io-client";
import type { Acknowledgement } from "../hub/dispatch.ts";
import type { ClientMessages, Closing, Credentials, Declared, HubMessages, Token } from "./namespaces.ts";
import { baseUrl, type Ports } from "./settings.ts";

/** What `connect` takes beside the namespace; the credential is the one that the namespace asks for. */
export type ConnectOptions<D extends Declared> = Credentials[D["credential"]] & {
  /** Any port of the hub; see `configureJunction`. */
  readonly url?: string;
  /** `false`: a connection that is lost or refused stays so. */
  readonly reconnect?: boolean;
  /**
   * Asked before every attempt: the `seq` of the last message that the client has of the namespace's one room. The hub
   * sends what came after it, and says `recovered` in its greeting. `undefined`: nothing but what comes.
   */
  readonly since?: () => number | undefined;
};

/** What can stand for a type whose every field may be left out. */
type Nothing = Record<never, never>;

/** The options may be left out where none is needed. */
type OptionsArgument<D extends Declared> =
  Nothing extends ConnectOptions<D> ? [options?: ConnectOptions<D>] : [options: ConnectOptions<D>];

/** A client that was not let in (`data` has the code and reason), or could not reach the hub (no `data`). */
export type ConnectError = Error & { readonly data?: Closing };

/** What can be listened to: the messages of the hub, and what becomes of the connection. */
export type Listeners<D extends Declared> = {
  [T in keyof HubMessages<D>]: (payload: HubMessages<D>[T]) => void;
} & {
  /** Also when a lost connection has come back: rooms are to be joined again. */
  connect: () => void;
  disconnect: (reason: string) => void;
  connect_error: (error: ConnectError) => void;
};

/** The payload of a message; it may be left out where no field is required. */
type Payload<P> = Nothing extends P ? [payload?: P] : [payload: P];
/** The same with a function that is given the hub's answer. */
type PayloadAndAnswer<P> = Payload<P> | [payload: P, answer: (answer: Acknowledgement) => void];

type AnyListener = (...args: unknown[]) => void;
type Sends<D extends Declared> = keyof ClientMessages<D> & string;
type Hears<D extends Declared> = keyof Listeners<D> & string;

/** Close codes after which the hub is to be tried again: the worker goes (another has come), or had too much to do. */
const COME_BACK: readonly (number | undefined)[] = [1001, 1013];
const COME_BACK_MS = 1_000;

/** How long an answer may take. */
const ANSWER_MS = 10_000;

/** Connects to one of the namespaces that `M` has by their names; one with a parameter is written with it, `/polls/7`. */
export type Connect<M extends { readonly [N in keyof M]: Declared }> = <N extends keyof M & string>(
  namespace: N,
  ...[options]: OptionsArgument<M[N]>
) => HubSocket<M[N]>;

/**
 * Makes the `connect` of a hub with the namespaces `M`, for browsers and Node. What is sent before the connection is there
 * waits for it. A lost connection comes back by itself; one that the hub has refused or ended for a reason of policy
 * (1008) does not. `ports`: where on localhost each app is looked for while nothing else is said.
 */
export function createConnect<M extends { readonly [N in keyof M]: Declared }>(ports: Ports = {}): Connect<M> {
  return (namespace, ...[options]) => {
    const { url, token, apiKey, reconnect = true, since }: AnyOptions = options ?? {};
    const socket = io(baseUrl(namespace, ports, url) + namespace, {
      auth: (give) => void authOf(token, apiKey).then((auth) => give({ ...auth, since: since?.() })),
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      autoConnect: false,
      reconnection: reconnect,
      // Sockets share a connection and how it comes back; one that does not come back has its own.
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

/** A token that cannot be had is none: the hub then says that it wants one. */
async function authOf(token: Token | undefined, apiKey: string | undefined): Promise<Record<string, unknown>> {
  if (apiKey !== undefined) return { apiKey };
  if (typeof token !== "function") return { token };
  return {
    token: await Promise.resolve()
      .then(token)
      .catch(() => undefined),
  };
}

/** A connection to a namespace, with Socket.IO's own names and the types of the namespace. Made by `connect`. */
export class HubSocket<D extends Declared> {
  readonly #socket: Socket;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(socket: Socket, reconnect: boolean) {
    this.#socket = socket;
    if (reconnect) this.#comeBack();
    // Not at once: React's strict mode unmounts what it has just mounted, and that is no reason to open a connection.
    queueMicrotask(() => {
      if (!this.#ended) socket.connect();
    });
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  on<T extends Hears<D>>(type: T, listener: Listeners<D>[T]): this {
    this.#socket.on(type as string, listener as AnyListener);
    return this;
  }

  once<T extends Hears<D>>(type: T, listener: Listeners<D>[T]): this {
    this.#socket.once(type as string, listener as AnyListener);
    return this;
  }

  off<T extends Hears<D>>(type: T, listener: Listeners<D>[T]): this {
    this.#socket.off(type as string, listener as AnyListener);
    return this;
  }

  emit<T extends Sends<D>>(type: T, ...payload: PayloadAndAnswer<ClientMessages<D>[T]>): this {
    this.#socket.emit(type, ...payload);
    return this;
  }

  /** Resolves with the hub's answer, good or bad; rejects when the connection ends before it, or after 10 seconds. */
  emitWithAck<T extends Sends<D>>(type: T, ...payload: Payload<ClientMessages<D>[T]>): Promise<Acknowledgement> {
    return this.#socket.timeout(ANSWER_MS).emitWithAck(type, ...payload) as Promise<Acknowledgement>;
  }

  /** Ends the connection for good. */
  disconnect(): this {
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#socket.disconnect();
    return this;
  }

  /** Socket.IO brings back what was lost, but not what the server has ended or refused: that depends on the reason. */
  #comeBack(): void {
    let code: number | undefined;
    this.#socket.on("closing", (closing: Closing) => {
      code = closing.code;
    });
    this.#socket.on("disconnect", (reason) => {
      if (reason === "io server disconnect" && COME_BACK.includes(code)) this.#later();
      code = undefined;
    });
    this.#socket.on("connect_error", (error: ConnectError) => {
      if (!this.#socket.active && COME_BACK.includes(error.data?.code)) this.#later();
    });
  }

  /** Spread, so that the clients of a worker that went do not all come at once. */
  #later(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#socket.connect(), COME_BACK_MS * (0.5 + Math.random()));
  }
}
