import { EventEmitter } from "node:events";
import type { DisconnectName } from "./disconnects.ts";
import type { ErrorCode } from "./errors.ts";
import type { DeliveryClass } from "./outbound.ts";

/** What happens in the hub, for those who watch: logging and metrics subscribe, the hub knows neither. */
export interface HubEventMap {
  connected: [{ namespace: string; app: string; connectionId: string; userId: string; transport: Transport }];
  disconnected: [{ namespace: string; app: string; connectionId: string; transport: Transport }];
  /** A client that was not let in, or was put out. */
  refused: [{ namespace: string; app: string; disconnect: DisconnectName }];
  received: [{ app: string; type: string }];
  published: [{ namespace: string; type: string }];
  /** A message to one client alone. */
  sent: [{ app: string; type: string }];
  /** What was written to WebSockets at the end of a tick: system calls, and the frames that they carried. */
  written: [{ writes: number; frames: number }];
  /** A client that does not take what it is sent: its queue was conflated, or it was closed. */
  slow: [{ outcome: "conflated" | "closed" }];
  /**
   * Messages that were not shown: conflation removed them from the queue of a slow client, a repetition had come before
   * (`repeat`), or a newer value (`older`).
   */
  dropped: [{ delivery: DeliveryClass; reason: "slow" | "repeat" | "older"; count?: number }];
  /** A client came back and said what it had seen last. */
  resumed: [{ namespace: string; recovered: boolean }];
  /** A message that was answered with an error. */
  rejected: [{ app: string; type: string | undefined; code: ErrorCode }];
  /** Redis was lost or is back; first, how it was found at start. `reason` is for the log. */
  redis: [{ state: "live" | "lost"; reason: string | undefined }];
  /** A message that went out to other workers over Redis, or came from there. */
  passed: [{ direction: "in" | "out" }];
  /** A broadcast came from another worker, which sent it so many milliseconds ago by its own clock. */
  crossed: [{ ms: number }];
  /** What another program published on a Redis channel for us. */
  inlet: [{ channel: string; outcome: "delivered" | "malformed" }];
  /** A fault of ours; `error` is for the log alone. */
  fault: [{ where: string; error: unknown }];
}

export type Transport = "socketio" | "plain";

export class HubEvents extends EventEmitter<HubEventMap> {}
