import type { DeliveryClass } from "../../hub/outbound.ts";

/** The class and the key of a message, by which the queue of a slow client is conflated. Unmarked messages are kept. */
export interface Marks {
  delivery?: DeliveryClass;
  /** The key of class `latest`: of messages with the same key only the newest is kept. */
  key?: string;
}

/** Called with the number of messages of a class that conflation has dropped from the queue of a slow client. */
export type Dropped = (delivery: DeliveryClass, count: number) => void;

/**
 * A WebSocket frame ready for the wire: header and payload, as `Sender.frame` of `ws` builds it. The frame of a
 * broadcast is one object that all its receivers share, with the marks for conflation.
 */
export interface Frame extends Array<Buffer>, Marks {}

/** A socket that accepts built frames. */
export interface FrameSink {
  /** Queues a frame. `callback` is called when the frame is queued, that of a close frame when it is written. */
  sendFrame(frame: Frame, callback?: (error?: Error) => void): void;
}

/** The options of a packet that engine.io passes on to the connection. */
export interface PacketOptions {
  readonly wsPreEncodedFrame?: Frame;
}

export interface CoalescingOptions {
  /**
   * Bytes that a client may leave unread before its queue is conflated and, if that is not enough, it is closed with
   * 1013.
   */
  readonly budgetBytes: number;
  /**
   * Milliseconds that writes wait at most for more frames while the loop is busy writing, but no longer than the last
   * writes took. Otherwise they are done at the end of the tick.
   */
  readonly windowMs: number;
  /** Receives the counts of what was written, once for each tick, and the outcomes of clients that do not read. */
  readonly watch: {
    written(writes: number, frames: number): void;
    slow(outcome: "conflated" | "closed"): void;
    dropped: Dropped;
  };
}
