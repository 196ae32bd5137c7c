import type { Duplex } from "node:stream";
import { type ServerOptions, WebSocket, WebSocketServer } from "ws";
import { DISCONNECTS } from "../../hub/disconnects.ts";
import { SUBPROTOCOL } from "../credentials.ts";
import { type FrameSender, type WebSocketInternals, webSocketInternals } from "../internals.ts";
import { conflate } from "./backlog.ts";
import { Flusher } from "./flusher.ts";
import type { CoalescingOptions, Frame } from "./frame.ts";

const CLOSE_OPCODE = 8;

/** Milliseconds that a client has to read its last messages and the close. After that its memory is freed. */
export const CLOSE_TIMEOUT_MS = 5_000;

/**
 * A server-side `ws` socket that queues its frames and writes them once per tick.
 *
 * While the client does not read, the frames stay in this queue, where they can be conflated. Past the budget
 * `volatile` frames are dropped, and of class `latest` the newest of each key stays. If that is not enough, the client
 * is closed with 1013. Emits `ending` (code, reason) just before a close with a code, while a last message can still be
 * queued.
 */
export class CoalescedSocket extends WebSocket {
  #flusher: Flusher;
  #budget: number;
  #queue: Frame[] = [];
  #bytes = 0;
  #waitsForDrain = false;
  /** Set to true by each pong, and to false with each ping. */
  isAlive = true;
  #onCloseWritten: ((error?: Error) => void) | undefined;

  /** Called by the `ws` server with the server's options. */
  constructor(address: null, protocols: undefined, options: object) {
    super(address as unknown as string, protocols, options as never);
    const { flusher, budgetBytes } = options as { flusher: Flusher; budgetBytes: number };
    this.#flusher = flusher;
    this.#budget = budgetBytes;
  }

  /** Overrides the one method of `ws` that every frame passes: messages, pings, pongs and closes. */
  setSocket(socket: Duplex, head: Buffer, options: object): void {
    webSocketInternals(WebSocket.prototype).setSocket.call(webSocketInternals(this), socket, head, options);
    const sender = this.#internals._sender;
    sender.owner = this;
    sender.sendFrame = sendToOwner;
    // Shared functions: a closure for each client would take memory for each client.
    this.on("message", closeForBinary);
    this.on("pong", markAlive);
    this.on("error", ignore);
  }

  /** Queues a built frame. `callback` is called when the frame is queued, that of a close frame when it is written. */
  sendFrame(frame: Frame, callback?: (error?: Error) => void): void {
    this.#enqueue(frame, callback);
  }

  /**
   * Closes the socket and emits `ending` before. Adds the reason when `ws` itself closes for a message that is too big.
   * An echo of the client's close is no ending.
   */
  override close(code?: number, reason?: string | Buffer): void {
    const { too_big } = DISCONNECTS;
    const why = reason ?? (code === too_big.code ? too_big.reason : undefined);
    const isFromServer = this.readyState === WebSocket.OPEN && !this.#internals._closeFrameReceived;
    if (isFromServer && code !== undefined) this.emit("ending", code, String(why ?? ""));
    super.close(code, why);
  }

  /** Writes the queued frames, as far as the client reads them. Returns the number of frames written. */
  flush(): number {
    const socket = this.#internals._socket;
    let written = 0;
    while (this.#queue.length > 0 && !this.#waitsForDrain && socket.writable) {
      if (socket.writableNeedDrain) {
        this.#waitsForDrain = true;
        socket.once("drain", () => {
          this.#waitsForDrain = false;
          this.flush();
        });
      } else {
        const frames = this.#take();
        socket.write(this.#flusher.join(frames));
        written += frames.length;
        if (this.#queue.length === 0) this.#onCloseWritten?.();
      }
    }
    return written;
  }

  /**
   * Removes the frames of the next write from the queue: all of them, unless they exceed a quarter of the budget.
   * Written frames can no longer be conflated, so that one write is never large.
   */
  #take(): Frame[] {
    const frames = this.#queue;
    const most = this.#budget / 4;
    if (this.#bytes <= most) {
      this.#queue = [];
      this.#bytes = 0;
      return frames;
    }
    let count = 1;
    let bytes = sizeOf(frames[0]);
    for (let next = sizeOf(frames[1]); bytes + next <= most; next = sizeOf(frames[count])) {
      count += 1;
      bytes += next;
    }
    this.#bytes -= bytes;
    return frames.splice(0, count);
  }

  get #internals(): WebSocketInternals {
    return webSocketInternals(this);
  }

  #enqueue(frame: Frame, callback?: (error?: Error) => void): void {
    // Nothing may follow a close frame. Socket.IO goes on sending until it gets the `close` event.
    if (this.readyState !== WebSocket.OPEN) {
      callback?.();
      return;
    }
    if (this.#queue.push(frame) === 1) this.#flusher.mark(this);
    this.#bytes += sizeOf(frame);
    if (isClose(frame)) {
      // Once this is written the client may be cut off. So it is written at once, but after the frames still queued.
      this.#onCloseWritten = callback;
      this.flush();
      return;
    }
    // A queued frame counts as written: a caller that waits for the callback would hold back frames that could be
    // joined.
    callback?.();
    // The socket's own backlog is not read for every frame: while it accepts all, it is at most a quarter of the
    // budget.
    if (this.#waitsForDrain || this.#bytes > this.#budget / 4) this.#keepToBudget();
  }

  #keepToBudget(): void {
    const socket = this.#internals._socket;
    if (this.readyState !== WebSocket.OPEN || this.#bytes + socket.writableLength <= this.#budget) return;
    // A client that has kept up can often take a whole burst.
    if (socket.writableLength === 0) this.flush();
    if (this.#bytes + socket.writableLength <= this.#budget) return;
    this.#queue = conflate(this.#queue, (frame) => frame, this.#flusher.watch.dropped);
    this.#bytes = this.#queue.reduce((sum, frame) => sum + sizeOf(frame), 0);
    if (this.#bytes === 0 || this.#bytes + socket.writableLength <= this.#budget) {
      this.#flusher.watch.slow("conflated");
      return;
    }
    this.#flusher.watch.slow("closed");
    this.#queue = [];
    this.#bytes = 0;
    // The last messages and the close are not limited by the budget.
    this.#budget = Number.POSITIVE_INFINITY;
    this.close(DISCONNECTS.overloaded.code, DISCONNECTS.overloaded.reason);
  }
}

function sendToOwner(this: FrameSender, parts: (Buffer | string)[], callback?: (error?: Error) => void): void {
  this.owner?.sendFrame(asFrame(parts), callback);
}

function closeForBinary(this: WebSocket, _data: unknown, isBinary: boolean): void {
  if (isBinary) this.close(DISCONNECTS.binary.code, DISCONNECTS.binary.reason);
}

function markAlive(this: WebSocket): void {
  (this as CoalescedSocket).isAlive = true;
}

/** Ignores errors, because `close` follows and is handled. */
function ignore(): void {}

/**
 * Turns the parts into buffers in place, so that the frame of a broadcast stays the one that all its receivers share.
 */
function asFrame(parts: (Buffer | string)[]): Frame {
  for (const [i, part] of parts.entries()) if (typeof part === "string") parts[i] = Buffer.from(part);
  return parts as Frame;
}

function sizeOf(frame: Frame = []): number {
  let size = 0;
  for (const part of frame) size += part.length;
  return size;
}

function isClose(frame: Frame): boolean {
  return ((frame[0]?.[0] ?? 0) & 0x0f) === CLOSE_OPCODE;
}

/** Returns the `ws` server class for both transports, with `CoalescedSocket`s that share one flusher. */
export function coalescingServer({
  budgetBytes,
  windowMs,
  watch,
}: CoalescingOptions): new (
  options?: ServerOptions,
) => WebSocketServer {
  const flusher = new Flusher({ windowMs, watch });
  return class extends WebSocketServer {
    constructor(options?: ServerOptions) {
      const extra = {
        WebSocket: CoalescedSocket,
        flusher,
        budgetBytes,
        closeTimeout: CLOSE_TIMEOUT_MS,
        // By default `ws` selects the first protocol that is offered, which may be the credential.
        handleProtocols: (offered: ReadonlySet<string>) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
      };
      super({ ...options, ...extra } as unknown as ServerOptions);
    }
  };
}
