import type { Channel } from "./channel.ts";
import type { Params } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { Commands } from "./commands.ts";
import { Connection, type ConnectionDeps, type Wire } from "./connection.ts";
import type { Delivering } from "./delivering.ts";
import { type DisconnectName, Refusal } from "./disconnects.ts";
import { createDispatch, type Inbound } from "./dispatch.ts";
import { HubError, isError } from "./errors.ts";
import type { HubEvents } from "./events.ts";
import { ANONYMOUS, type Authenticator, type CredentialKind, type Identity } from "./identity.ts";
import { type Limits, localLimits } from "./limits.ts";
import type { Message, Position } from "./message.ts";

/** The time within which an authenticated client has opened its connection or left; milliseconds. */
const ADMISSION_MS = 60_000;

/** The release of a client on a channel without a limit of connections. */
const NOTHING_TAKEN = (): void => {};

export interface HubOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly authenticator: Authenticator;
  readonly commands: Commands;
  readonly events: HubEvents;
}

/** An admitted client. The transport passes it to `open`, or calls `release` when the client did not stay. */
export interface Admission {
  readonly identity: Identity;
  readonly params: Params;
  /** See `ConnectionInit`. */
  readonly since: number | undefined;
  readonly release: () => void;
}

/**
 * The core: admits clients to channels, handles their messages, publishes to rooms. It imports no transport and no app.
 */
export class Hub {
  readonly events: HubEvents;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly #authenticator: Authenticator;
  /** Takes a message of a client. */
  readonly receive: (connection: Connection, inbound: Inbound) => void;
  readonly #dispatch: ReturnType<typeof createDispatch>;
  readonly #connections = new Set<Connection>();
  /**
   * Credentials that were revoked a moment ago. A client may have authenticated with one just before, and connect only
   * now.
   */
  readonly #revoked = new Set<string>();
  #attachedDeps: ConnectionDeps | undefined;

  constructor({ clock, limits, authenticator, commands, events }: HubOptions) {
    this.events = events;
    this.clock = clock;
    this.limits = limits;
    this.#authenticator = authenticator;
    const authenticate: Authenticator["authenticate"] = (...args) => this.#authenticate(...args);
    this.#dispatch = createDispatch({
      clock,
      // A connection lives on one worker, so its own limits need no other.
      limits: localLimits(clock),
      authenticator: { authenticate },
      commands,
      events,
    });
    // Not a method, which would be one more step on each message's way.
    this.receive = this.#dispatch;
  }

  /** Connects the hub to delivery. To be called once, at start. */
  attach(delivery: Delivering): void {
    this.#attachedDeps = { clock: this.clock, delivery, events: this.events };
  }

  /** The connections of this worker. */
  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** Admits a client by its credential, its limits and the channel's `admit`. Rejects with a `Refusal`. */
  async admit(channel: Channel, credential: string | undefined, params: Params, since?: number): Promise<Admission> {
    let release = NOTHING_TAKEN;
    try {
      const identity =
        channel.credential === "none" ? ANONYMOUS : await this.#authenticate(channel.credential, credential);
      const max = channel.limits?.connectionsPerCredential;
      if (max !== undefined) {
        const place = await this.limits.take(`connections:${channel.app}:${identity.credentialId}`, max);
        if (!place) throw new Refusal("too_many_connections");
        release = place;
      }
      await channel.admit?.(identity, params);
      return { identity, params, since, release };
    } catch (thrown) {
      release();
      throw this.#refuse(channel, thrown);
    }
  }

  /**
   * Makes the connection of an admitted client and runs the channel's `open`. The transport calls `closed` at its end.
   */
  open(channel: Channel, { release, ...admitted }: Admission, wire: Wire): Connection {
    const { identity } = admitted;
    const connection = new Connection({ channel, ...admitted }, wire, this.#deps);
    if (release !== NOTHING_TAKEN) connection.onClose(release);
    this.#connections.add(connection);
    const { namespace, app } = channel;
    this.events.emit("connected", {
      namespace,
      app,
      connectionId: wire.id,
      userId: identity.userId,
      transport: wire.transport,
    });
    if (this.#revoked.has(identity.credentialId)) connection.end("token_revoked");
    else this.#dispatch(connection, { open: channel.open });
    return connection;
  }

  /** Notes that a connection has ended; the transport calls it. */
  closed(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    const { namespace, app } = connection.channel;
    this.events.emit("disconnected", { namespace, app, connectionId: connection.id, transport: connection.transport });
    connection.closed();
  }

  /** Publishes a message of class `log`; see `Delivering.publish`. */
  publish(message: Message): Promise<readonly Position[]> {
    return this.#deps.delivery.publish(message);
  }

  /** Broadcasts a message of class `latest` or `volatile`; see `Delivering.broadcast`. */
  broadcast(message: Message): void {
    this.#deps.delivery.broadcast(message);
  }

  /** Delivers a message that each worker gets by itself; see `Delivering.deliver`. */
  deliver(message: Message): void {
    this.#deps.delivery.deliver(message);
  }

  /**
   * Removes a user's connections on this worker from a room that is no longer theirs. Each gets the document's error
   * message. `namespace` is the one that owns the room.
   */
  evict(namespace: string, room: string, userId: string, message: string): void {
    for (const connection of this.#connections) {
      if (connection.channel.rootNamespace !== namespace || connection.identity.userId !== userId) continue;
      if (!connection.isIn(room)) continue;
      void connection.leave(room);
      connection.fail(new HubError("forbidden", message, room));
    }
  }

  /** Closes this worker's connections of a revoked credential, also those that are just being admitted. */
  revoke(credentialId: string): void {
    this.#revoked.add(credentialId);
    this.clock.after(ADMISSION_MS, () => this.#revoked.delete(credentialId));
    this.endWhere(({ identity }) => identity.credentialId === credentialId, "token_revoked");
  }

  /** Closes this worker's connections that match. */
  endWhere(matches: (connection: Connection) => boolean, name: DisconnectName): void {
    for (const connection of this.#connections) if (matches(connection)) connection.end(name);
  }

  get #deps(): ConnectionDeps {
    if (!this.#attachedDeps) throw new Error("the hub has no delivery yet: call hub.attach() at start");
    return this.#attachedDeps;
  }

  /** Authenticates. A credential may be revoked while it is being looked up, so it is checked again after. */
  async #authenticate(kind: CredentialKind, credential: string | undefined): Promise<Identity> {
    const identity = await this.#authenticator.authenticate(kind, credential);
    if (this.#revoked.has(identity.credentialId)) throw new Refusal("invalid_token");
    return identity;
  }

  #refuse(channel: Channel, thrown: unknown): Refusal {
    const refusal = asRefusal(thrown);
    if (refusal.disconnect === "internal")
      this.events.emit("fault", { where: `admission to ${channel.namespace}`, error: thrown });
    this.events.emit("refused", { namespace: channel.namespace, app: channel.app, disconnect: refusal.disconnect });
    return refusal;
  }
}

/**
 * Turns a failure to admit into a refusal: `overloaded` where a dependency is unavailable, so that the client retries.
 */
function asRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (isError(thrown, "not_found")) return new Refusal("not_found", thrown.message);
  return new Refusal(isError(thrown, "unavailable") ? "overloaded" : "internal");
}
