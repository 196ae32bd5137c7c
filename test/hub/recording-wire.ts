import { z } from "zod";
import { type Channel, type ChannelDeclaration, defineChannel } from "../../src/hub/channel.ts";
import type { Commands } from "../../src/hub/commands.ts";
import { once } from "../../src/hub/commands.ts";
import type { Connection, Wire } from "../../src/hub/connection.ts";
import type { Delivering, Joining, Subscriber } from "../../src/hub/delivering.ts";
import { Refusal } from "../../src/hub/disconnects.ts";
import type { Acknowledgement } from "../../src/hub/dispatch.ts";
import { HubEvents } from "../../src/hub/events.ts";
import { Hub } from "../../src/hub/hub.ts";
import type { Authenticator, Identity } from "../../src/hub/identity.ts";
import { localLimits } from "../../src/hub/limits.ts";
import type { Message, Position } from "../../src/hub/message.ts";
import { type OutboundTypes, reply } from "../../src/hub/outbound.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** A door with nothing behind it: it keeps what it is told. */
export class RecordingWire implements Wire {
  readonly id: string;
  readonly transport = "plain";
  readonly sent: [string, Readonly<Record<string, unknown>>][] = [];
  readonly rooms = new Set<string>();
  readonly reading: ("pause" | "resume")[] = [];
  ended: { code: number; reason: string } | undefined;

  constructor(id: string) {
    this.id = id;
  }

  send(type: string, payload: Readonly<Record<string, unknown>>): void {
    this.sent.push([type, payload]);
  }

  join(room: string): void {
    this.rooms.add(room);
  }

  leave(room: string): void {
    this.rooms.delete(room);
  }

  isIn(room: string): boolean {
    return this.rooms.has(room);
  }

  end(code: number, reason: string): void {
    this.ended = { code, reason };
  }

  pause(): void {
    this.reading.push("pause");
  }

  resume(): void {
    this.reading.push("resume");
  }

  /** The texts of the error messages. */
  get errors(): unknown[] {
    return this.sent.flatMap(([type, { message }]) => (type === "error" ? [message] : []));
  }
}

/** Delivery to nobody: it keeps what is published, and lets everybody in. */
export class RecordingDelivery implements Delivering {
  readonly published: { message: Message; except: string | undefined }[] = [];

  async publish(message: Message): Promise<readonly Position[]> {
    this.broadcast(message);
    return [];
  }

  broadcast(message: Message, except?: string): void {
    this.published.push({ message, except });
  }

  deliver(message: Message): void {
    this.broadcast(message);
  }

  async subscribe(member: Subscriber, room: string, { confirm }: Joining): Promise<void> {
    await member.enter(room);
    await confirm?.({});
  }

  unsubscribe(): void {}

  isCurrent(): boolean {
    return true;
  }

  versionOf(): number {
    return 1;
  }
}

/** Remembers no command: one that comes again is done again. It keeps what it was asked. */
export class ForgetfulCommands implements Commands {
  readonly asked: Parameters<Commands["run"]>[0][] = [];

  async run<A>(asked: Parameters<Commands["run"]>[0], action: (command: typeof once) => Promise<A>) {
    this.asked.push(asked);
    return { answer: await action(once), repeated: false };
  }
}

export const error = reply(z.object({ message: z.string(), room: z.string().optional() }));

type Anything = Record<string, z.ZodObject>;
type Out = { error: typeof error } & OutboundTypes;

/** A channel whose inbound types take anything; what is given replaces its parts. */
export function aChannel(parts: Partial<ChannelDeclaration<Anything, Out>> = {}): Channel {
  const on = parts.on ?? {};
  const inbound = Object.fromEntries(Object.keys(on).map((type) => [type, z.looseObject({})]));
  return defineChannel<Anything, Out>({
    app: "things",
    namespace: "/things",
    path: "/ws",
    credential: "none",
    inbound,
    outbound: { error },
    error: ({ message, room }) => ({ message, room }),
    ...parts,
    on,
  });
}

export function anIdentity(userId: string, parts: Partial<Identity> = {}): Identity {
  return { userId, role: "customer", email: undefined, credentialId: `${userId}-1`, expiresAt: undefined, ...parts };
}

/** A hub with clients whose credential is simply their name; `bad` is a bad one. */
export function aHub(authenticate: Authenticator["authenticate"] = async (_kind, name) => byName(name)) {
  const clock = new ManualClock();
  const limits = localLimits(clock);
  const commands = new ForgetfulCommands();
  const hub = new Hub({ clock, limits, authenticator: { authenticate }, commands, events: new HubEvents() });
  const delivery = new RecordingDelivery();
  const { published } = delivery;
  hub.attach(delivery);
  const faults: unknown[] = [];
  hub.events.on("fault", ({ error: fault }) => faults.push(fault));
  let ids = 0;

  async function enter(
    channel: Channel,
    credential?: string,
  ): Promise<{ connection: Connection; wire: RecordingWire }> {
    const wire = new RecordingWire(`c${++ids}`);
    const connection = hub.open(channel, await hub.admit(channel, credential, {}), wire);
    return { connection, wire };
  }

  /** Hands a message in and waits for its acknowledgement. */
  function ask(connection: Connection, type: string, payload: unknown = {}, id?: unknown): Promise<Acknowledgement> {
    return new Promise((acknowledge) => hub.receive(connection, { type, payload, id, acknowledge }));
  }

  return { hub, clock, limits, commands, published, faults, enter, ask };
}

function byName(name: string | undefined): Identity {
  if (name === undefined) throw new Refusal("authentication_required");
  if (name === "bad") throw new Refusal("invalid_token");
  return anIdentity(name);
}

/** Something to wait for, and the means to end the wait. */
export function deferred<T = void>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
