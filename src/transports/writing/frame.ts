import type { DeliveryClass } from "../../hub/outbound.ts";

/** What a slow client's backlog needs to know of a message; without it the message is kept. */
export interface Marks {
  delivery?: DeliveryClass;
  /** For class `latest`: of messages with the same key only the newest matters. */
  key?: string;
}

/** Is told how many messages of a class a slow client was spared, or lost for newer ones. */
export type Dropped = (delivery: DeliveryClass, count: number) => void;

/**
 * A WebSocket frame ready for the wire: header and payload, as `Sender.frame` of `ws` gives it. A broadcast's frame is
 * one object shared by all its receivers, marked with what a slow client's queue needs to know.
 */
export interface Frame extends Array<Buffer>, Marks {}

/** A socket that takes frames which are built already. */
export interface FrameSink {
  /** Queues a frame; `callback` is called when it is queued, that of a close frame when it is written. */
  sendFrame(frame: Frame, callback?: (error?: Error) => void): void;
}

/** The options that travel with a packet to a connection. */
export interface PacketOptions {
  readonly wsPreEncodedFrame?: Frame;
}

export interface CoalescingOptions {
  /** Bytes that one client may leave untaken before its queue is thinned, then closed with 1013. */
  readonly budgetBytes: number;
  /**
   * While the loop is busy writing, writes wait this many milliseconds for more to be joined with, but no longer than the
   * last ones took; otherwise they are done at the end of the tick.
   */
  readonly windowMs: number;
  /** Is told what was written, once for each tick, and of clients that do not take it. */
  readonly watch: {
    written(writes: number, frames: number): void;
    slow(outcome: "conflated" | "closed"): void;
    dropped: Dropped;
  };
}
