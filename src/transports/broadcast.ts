import type { Adapter } from "socket.io-adapter";
import * as ws from "ws";
import type { Channel, Outbound } from "../hub/channel.ts";
import type { Frame } from "./coalesced-socket.ts";

type Envelope = NonNullable<Channel["envelope"]>;
type Payload = Readonly<Record<string, unknown>>;

/** One message on its way to many sockets of this worker: each form of it is built once, when first needed. */
export class Broadcast {
  readonly type: string;
  readonly payload: Payload;
  readonly namespace: string;
  readonly #declared: Outbound | undefined;
  readonly #plain = new Map<Envelope, Frame>();
  readonly #packets = new Map<string, EncodedPacket>();

  constructor(namespace: string, type: string, payload: Payload, declared: Outbound | undefined) {
    this.namespace = namespace;
    this.type = type;
    this.payload = payload;
    this.#declared = declared;
  }

  /** The frame for plain clients. */
  plainFrame(envelope: Envelope): Frame {
    return remember(this.#plain, envelope, () => this.mark(textFrame(plainText(this.type, this.payload, envelope))));
  }

  /** The packet for Socket.IO clients that know the room by another namespace than the one it was sent in. */
  packetFor(namespace: string): EncodedPacket {
    return remember(this.#packets, namespace, () => {
      const packet = `2${namespace},${JSON.stringify([this.type, this.payload])}`;
      return { encoded: [packet], options: { broadcast: this, wsPreEncodedFrame: this.mark(textFrame(`4${packet}`)) } };
    });
  }

  /** Tells the queues of slow clients what they may do with a frame of this message. */
  mark(frame: Frame): Frame {
    if (this.#declared) {
      frame.delivery = this.#declared.delivery;
      const key = this.#declared.key?.(this.payload);
      if (key !== undefined) frame.key = `${this.namespace} ${this.type} ${key}`;
    }
    return frame;
  }
}

/** The options that travel with a packet from the adapter to each connection. */
export interface PacketOptions {
  broadcast?: Broadcast;
  wsPreEncodedFrame?: Frame;
}

interface EncodedPacket {
  readonly encoded: string[];
  readonly options: PacketOptions;
}

/** The text of a message on the plain door. */
export function plainText(type: string, payload: Payload, envelope: Envelope): string {
  return JSON.stringify(envelope === "data" ? { type, data: payload } : { type, ...payload });
}

const TEXT_FRAME = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };

/** `ws` exports its frame builder but does not type it. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Frame } };

function textFrame(text: string): Frame {
  return Sender.frame(Buffer.from(text), TEXT_FRAME);
}

type Encode = (packet: { data: [string, Payload] }, options: PacketOptions) => string[];

/**
 * Makes an adapter attach a `Broadcast` to every message that it sends to this worker's sockets, whether it began here
 * or came from another worker. `_encode` is the adapter's one step per broadcast, before its steps per socket.
 */
export function attachBroadcasts(adapter: Adapter, declared: (type: string) => Outbound | undefined): Adapter {
  const target = adapter as unknown as { _encode: Encode };
  const encode = target._encode.bind(adapter);
  target._encode = (packet, options) => {
    const encoded = encode(packet, options);
    const [type, payload] = packet.data;
    options.broadcast = new Broadcast(adapter.nsp.name, type, payload ?? {}, declared(type));
    if (options.wsPreEncodedFrame) options.broadcast.mark(options.wsPreEncodedFrame);
    return encoded;
  };
  return adapter;
}

function remember<K, V>(cache: Map<K, V>, key: K, make: () => V): V {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
