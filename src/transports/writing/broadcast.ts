import type { Channel } from "../../hub/channel.ts";
import type { Message } from "../../hub/message.ts";
import { buildFrame } from "../internals.ts";
import type { Frame } from "./frame.ts";

type Envelope = NonNullable<Channel["envelope"]>;
type Payload = Readonly<Record<string, unknown>>;

/** What there is to say of a message, wherever it goes. */
export type BroadcastMessage = Pick<Message, "namespace" | "type" | "payload" | "delivery" | "key">;

/** One message on its way to any number of sockets of this worker: each form of it is built once, when first needed. */
export class Broadcast {
  readonly #said: BroadcastMessage;
  #flat: Frame | undefined;
  #wrapped: Frame | undefined;
  #packet: NamespacePacket | undefined;
  #otherPackets: Map<string, NamespacePacket> | undefined;

  constructor(said: BroadcastMessage) {
    this.#said = said;
  }

  /** The frame for plain clients. */
  plainFrame(envelope: Envelope): Frame {
    if (envelope === "data") {
      this.#wrapped ??= this.#textFrame(plainText(this.#said.type, this.#said.payload, "data"));
      return this.#wrapped;
    }
    this.#flat ??= this.#textFrame(plainText(this.#said.type, this.#said.payload, "flat"));
    return this.#flat;
  }

  /** The packet for Socket.IO clients that know the room by this namespace. As a rule all do by the same. */
  packetFor(namespace: string): NamespacePacket {
    if (this.#packet?.namespace === namespace) return this.#packet;
    const known = this.#otherPackets?.get(namespace);
    if (known) return known;
    const packet = this.#packetOf(namespace);
    if (this.#packet) {
      this.#otherPackets ??= new Map();
      this.#otherPackets.set(namespace, packet);
    } else this.#packet = packet;
    return packet;
  }

  #packetOf(namespace: string): NamespacePacket {
    const text = `2${namespace},${JSON.stringify([this.#said.type, this.#said.payload])}`;
    return { namespace, encoded: [text], options: { wsPreEncodedFrame: this.#textFrame(`4${text}`) } };
  }

  /** Marked with what the queues of slow clients may do with it. */
  #textFrame(text: string): Frame {
    const { namespace, type, delivery, key } = this.#said;
    const frame = buildFrame(Buffer.from(text), TEXT_FRAME);
    frame.delivery = delivery;
    if (key !== undefined) frame.key = `${namespace} ${type} ${key}`;
    return frame;
  }
}

/** A packet of Socket.IO's protocol: as text, and as the WebSocket frame of it. */
interface NamespacePacket {
  readonly namespace: string;
  readonly encoded: readonly string[];
  readonly options: { readonly wsPreEncodedFrame: Frame };
}

/** The text of a message on the plain door. */
export function plainText(type: string, payload: Payload, envelope: Envelope): string {
  return JSON.stringify(envelope === "data" ? { type, data: payload } : { type, ...payload });
}

const TEXT_FRAME = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };
