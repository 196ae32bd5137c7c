import type { Socket } from "socket.io";
import type { Channel } from "../hub/channel.ts";
import type { Wire } from "../hub/connection.ts";
import type { Transport } from "../hub/events.ts";
import { Broadcast } from "./writing/broadcast.ts";

/** The base of both transports' wires to a client. The client's Socket.IO socket is the member of rooms. */
export abstract class MemberWire implements Wire {
  abstract readonly transport: Transport;
  protected readonly socket: Socket;
  protected readonly channel: Channel;

  constructor(socket: Socket, channel: Channel) {
    this.socket = socket;
    this.channel = channel;
  }

  get id(): string {
    return this.socket.id;
  }

  join(room: string): void | Promise<void> {
    return this.socket.join(room);
  }

  leave(room: string): void | Promise<void> {
    return this.socket.leave(room);
  }

  isIn(room: string): boolean {
    return this.socket.rooms.has(room);
  }

  send(type: string, payload: Readonly<Record<string, unknown>>): void {
    const { rootNamespace: namespace, outbound } = this.channel;
    const declared = outbound[type];
    const delivery = declared?.delivery ?? "reply";
    this.take(new Broadcast({ namespace, type, payload, delivery, key: declared?.key?.(payload) }));
  }

  /** Sends the client its form of a message that may also go to other clients. */
  abstract take(broadcast: Broadcast): void;
  abstract end(code: number, reason: string, retryAfterMs?: number): void;
  abstract pause(): void;
  abstract resume(): void;
}
