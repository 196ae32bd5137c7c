import type { Duplex } from "node:stream";
import { type ServerOptions, WebSocket, WebSocketServer } from "ws";
import { DISCONNECTS } from "../../hub/disconnects.ts";
import { SUBPROTOCOL } from "../credentials.ts";
import { type FrameSender, type WebSocketInternals, webSocketInternals } from "../internals.ts";
import { conflate } from "./backlog.ts";
import { Flusher } from "./flusher.ts";
import type { CoalescingOptions, Frame } from "./frame.ts";

const CLOSE_OPCODE = 8;

/** Milliseconds that a client has to take what it is told at the end; one that does not read holds memory no longer. */
export const CLOSE_TIMEOUT_MS = 5_000;

/**
 * A server-side `ws` socket that queues its frames and writes them once per tick.
 *
 * While the client does not read, the frames stay in this queue, where they can be thinned: past the budget `volatile`
 * frames go, of `latest` ones the newest of each key stays, and when that is not enough the client is closed with 1013.
 * Emits `ending` (code, reason) just before it is closed with a code, while a last message can still be queued.
 */
export class CoalescedSocket extends WebSocket {
  #flusher: Flusher;
  #budget: number;
  #queue: Frame[] = [];
  #bytes = 0;
  #waitsForDrain = false;
  /** Set by each pong; whoever pings sets it back. */
  isAlive = true;
  #onCloseWritten: ((error?: Error) => void) | undefined;

  /** Called by the `ws` server, which passes its own options through. */
  constructor(address: null, protocols: undefined, options: object) {
    super(address as unknown as string, protocols, options as never);
    const { flusher, budgetBytes } = options as { flusher: Flusher; budgetBytes: number };
    this.#flusher = flusher;
    this.#budget = budgetBytes;
  }

  /** Overrides the one point of `ws` through which every frame goes: messages, pings, pongs and closes. */
  setSocket(socket: Duplex, head: Buffer, options: object): void {
    webSocketInternals(WebSocket.prototype).setSocket.call(webSocketInternals(this), socket, head, options);
    const sender = this.#internals._sender;
    sender.owner = this;
    sender.sendFrame = sendToOwner;
    // Shared functions: a listener of its own for each client would be memory for each client.
    this.on("message", closeForBinary);
    this.on("pong", noteLife);
    this.on("error", ignore);
  }

  /** Queues a frame that is built already; `callback` is called when it is queued, that of a close frame when it is written. */
  sendFrame(frame: Frame, callback?: (error?: Error) => void): void {
    this.#enqueue(frame, callback);
  }

  /** `ws` itself closes for a message that is too big, giving no reason; an echo of the client's close is no ending. */
  override close(code?: number, reason?: string | Buffer): void {
    const { too_big } = DISCONNECTS;
    const why = reason ?? (code === too_big.code ? too_big.reason : undefined);
    const isOurs = this.readyState === WebSocket.OPEN && !this.#internals._closeFrameReceived;
    if (isOurs && code !== undefined) this.emit("ending", code, String(why ?? ""));
    super.close(code, why);
  }

  /** Writes what is queued, as far as the client takes it: how many frames it wrote. */
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

  /** The frames of the next write: all, as a rule. What is written can no longer be thinned, so it is never much. */
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
    // Nothing may follow a close frame. Socket.IO goes on sending until it hears of the end.
    if (this.readyState !== WebSocket.OPEN) {
      callback?.();
      return;
    }
    if (this.#queue.push(frame) === 1) this.#flusher.mark(this);
    this.#bytes += sizeOf(frame);
    if (isClose(frame)) {
      // With this written the client may be cut off: it is done at once, and not before what is still queued.
      this.#onCloseWritten = callback;
      this.flush();
      return;
    }
    // Taken is as good as written: whoever waited for the callback would hold back what could be joined.
    callback?.();
    // The socket's own backlog is not looked up for every frame: while it takes all, it has at most a quarter of the budget.
    if (this.#waitsForDrain || this.#bytes > this.#budget / 4) this.#keepToBudget();
  }

  #keepToBudget(): void {
    const socket = this.#internals._socket;
    if (this.readyState !== WebSocket.OPEN || this.#bytes + socket.writableLength <= this.#budget) return;
    // A client that has kept up may well take a burst whole.
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
    // What is said at the end is not held against it.
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

function noteLife(this: WebSocket): void {
  (this as CoalescedSocket).isAlive = true;
}

/** What follows is `close`, which is heard. */
function ignore(): void {}

/** The same array, so that the frame of a broadcast stays the one that all its receivers share. */
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

/** The `ws` server class for both doors, with `CoalescedSocket`s that share one flusher. */
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
        // Of what is offered the first would be taken otherwise, which may be the credential.
        handleProtocols: (offered: ReadonlySet<string>) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
      };
      super({ ...options, ...extra } as unknown as ServerOptions);
    }
  };
}
