import { EventEmitter } from "node:events";
import type { DisconnectName } from "./disconnects.ts";
import type { ErrorCode } from "./errors.ts";
import type { DeliveryClass } from "./outbound.ts";

/** The events of the hub by name. Logging and metrics subscribe to them; the hub imports neither. */
export interface HubEventMap {
  connected: [{ namespace: string; app: string; connectionId: string; userId: string; transport: Transport }];
  disconnected: [{ namespace: string; app: string; connectionId: string; transport: Transport }];
  /** A client was not admitted, or was disconnected. */
  refused: [{ namespace: string; app: string; disconnect: DisconnectName }];
  received: [{ app: string; type: string }];
  published: [{ namespace: string; type: string }];
  /** A message was sent to one client alone. */
  sent: [{ app: string; type: string }];
  /** Writes to WebSockets at the end of a tick: system calls, and the frames in them. */
  written: [{ writes: number; frames: number }];
  /** A client does not read: its queue was conflated, or it was closed. */
  slow: [{ outcome: "conflated" | "closed" }];
  /**
   * Messages that were not delivered: the queue of a slow client was conflated (`slow`), the message was delivered
   * before (`repeat`), or a newer value was (`older`).
   */
  dropped: [{ delivery: DeliveryClass; reason: "slow" | "repeat" | "older"; count?: number }];
  /** A client resumed with the offset of the last message that it has. */
  resumed: [{ namespace: string; recovered: boolean }];
  /** A message was answered with an error. */
  rejected: [{ app: string; type: string | undefined; code: ErrorCode }];
  /** The state of the link to Redis: at start, then at each change. `reason` is for the log. */
  redis: [{ state: "live" | "lost"; reason: string | undefined }];
  /** A message was sent to other workers over Redis, or received from them. */
  passed: [{ direction: "in" | "out" }];
  /** A publication of another worker arrived, `ms` milliseconds after it was sent by that worker's clock. */
  crossed: [{ ms: number }];
  /** Another program published on a Redis channel that an app declares. */
  ingest: [{ channel: string; outcome: "delivered" | "malformed" }];
  /** A fault of the hub itself; `error` is for the log alone. */
  fault: [{ where: string; error: unknown }];
}

/** The way a client speaks to the hub. */
export type Transport = "socketio" | "plain";

/** Emits the events of one worker. It is made before everything else, so that each part can report its faults. */
export class HubEvents extends EventEmitter<HubEventMap> {}
