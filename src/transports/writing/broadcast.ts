import type { Channel } from "../../hub/channel.ts";
import type { Message } from "../../hub/message.ts";
import { buildFrame } from "../internals.ts";
import type { Frame } from "./frame.ts";

type Envelope = NonNullable<Channel["envelope"]>;
type Payload = Readonly<Record<string, unknown>>;

/** The fields of a message that its wire forms are made of. */
export type BroadcastMessage = Pick<Message, "namespace" | "type" | "payload" | "delivery" | "key">;

/** One message for any number of sockets of this worker. Each wire form is built once, when it is first needed. */
export class Broadcast {
  readonly #message: BroadcastMessage;
  #flat: Frame | undefined;
  #wrapped: Frame | undefined;
  #packet: NamespacePacket | undefined;
  #otherPackets: Map<string, NamespacePacket> | undefined;

  constructor(message: BroadcastMessage) {
    this.#message = message;
  }

  /** Returns the frame for plain clients. */
  plainFrame(envelope: Envelope): Frame {
    if (envelope === "data") {
      this.#wrapped ??= this.#textFrame(plainText(this.#message.type, this.#message.payload, "data"));
      return this.#wrapped;
    }
    this.#flat ??= this.#textFrame(plainText(this.#message.type, this.#message.payload, "flat"));
    return this.#flat;
  }

  /** Returns the packet for the Socket.IO clients of a namespace. As a rule all clients are in the same one. */
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
    const text = `2${namespace},${JSON.stringify([this.#message.type, this.#message.payload])}`;
    return { namespace, encoded: [text], options: { wsPreEncodedFrame: this.#textFrame(`4${text}`) } };
  }

  /** Builds a frame, marked with the class and the key by which the queue of a slow client may drop it. */
  #textFrame(text: string): Frame {
    const { namespace, type, delivery, key } = this.#message;
    const frame = buildFrame(Buffer.from(text), TEXT_FRAME);
    frame.delivery = delivery;
    if (key !== undefined) frame.key = `${namespace} ${type} ${key}`;
    return frame;
  }
}

/** A packet of Socket.IO's protocol: as text, and as a WebSocket frame. */
interface NamespacePacket {
  readonly namespace: string;
  readonly encoded: readonly string[];
  readonly options: { readonly wsPreEncodedFrame: Frame };
}

/** Returns the text of a message on a plain WebSocket. */
export function plainText(type: string, payload: Payload, envelope: Envelope): string {
  return JSON.stringify(envelope === "data" ? { type, data: payload } : { type, ...payload });
}

const TEXT_FRAME = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };
