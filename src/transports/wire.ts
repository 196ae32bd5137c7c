import type { Socket } from "socket.io";
import type { Wire } from "../hub/connection.ts";
import type { Door } from "../hub/events.ts";

/** What the hub's ways to a client have in common, by whichever door it came: its Socket.IO socket is the member of rooms. */
export abstract class MemberWire implements Wire {
  abstract readonly door: Door;
  protected readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
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

  abstract send(type: string, payload: Readonly<Record<string, unknown>>): void;
  abstract end(code: number, reason: string, retryAfterMs?: number): void;
  abstract pause(): void;
  abstract resume(): void;
}
