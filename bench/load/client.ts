import { connect, type Socket } from "node:net";
import { CLOSE, clientFrame, FrameParser, PING, PONG, TEXT } from "./frames.ts";
import { upgradeEnd, upgradeRequest } from "./handshake.ts";
import type { Protocol } from "./protocols.ts";

/** The shortest message in bytes; a shorter text is a ping of the contender's own protocol. */
const SHORTEST_MESSAGE = 16;

const NEWLINE = 10;
const NOTHING = Buffer.alloc(0);

/** The memory that all sockets read into: a read is processed before the next one. */
const SHARED = Buffer.alloc(64 * 1024);

/** The events of a client. */
export interface Listener {
  /** Called for every message, so it must be quick. The payload is valid during the call only. */
  delivered(client: Client, buffer: Buffer, start: number, end: number): void;
  /** Called when the connection has ended without `cut`. */
  lost(client: Client, reason: Error): void;
}

/** A WebSocket client on a raw TCP connection that is in one room and counts its messages. */
export class Client {
  readonly room: string;
  /** Number of messages received. */
  received = 0;
  /** Resolves when it is in its room. Rejects when it fails to join. */
  readonly joined: Promise<void>;
  readonly #protocol: Protocol;
  readonly #listener: Listener;
  readonly #socket: Socket;
  readonly #parser: FrameParser;
  /** The part of the answer to the upgrade that has arrived; `undefined` once it is complete. */
  #answer: Buffer | undefined = NOTHING;
  #isIn = false;
  #isOver = false;
  #settle!: { resolve: () => void; reject: (reason: Error) => void };

  constructor(port: number, room: string, protocol: Protocol, listener: Listener) {
    this.room = room;
    this.#protocol = protocol;
    this.#listener = listener;
    this.#parser = new FrameParser((opcode, buffer, start, end) => this.#take(opcode, buffer, start, end));
    this.joined = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: SHARED,
        callback: (length, buffer) => {
          this.#read((buffer as Buffer).subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.once("connect", () => this.#socket.write(upgradeRequest(protocol.url(room), port)));
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.once("close", () => this.#end(new Error("the server has closed the connection")));
  }

  /** Ends the connection without a close frame, as a broken network does. Leaves no TIME_WAIT behind. */
  cut(): void {
    this.#isOver = true;
    this.#socket.resetAndDestroy();
  }

  #read(chunk: Buffer): void {
    try {
      if (this.#answer === undefined) this.#parser.push(chunk);
      else this.#readAnswer(chunk);
    } catch (error) {
      this.#end(error as Error);
      this.#socket.destroy();
    }
  }

  #readAnswer(chunk: Buffer): void {
    const answer = Buffer.concat([this.#answer ?? NOTHING, chunk]);
    const end = upgradeEnd(answer);
    this.#answer = end === undefined ? answer : undefined;
    if (end === undefined) return;
    const { hello } = this.#protocol;
    if (hello === undefined) this.#enter();
    else this.#send(hello(this.room));
    this.#parser.push(answer.subarray(end));
  }

  #take(opcode: number, buffer: Buffer, start: number, end: number): void {
    if (opcode === TEXT) {
      if (this.#protocol.joinsByLine) this.#takeLines(buffer, start, end);
      else this.#takeText(buffer, start, end);
    } else if (opcode === PING) {
      this.#socket.write(clientFrame(PONG, buffer.subarray(start, end)));
    } else if (opcode === CLOSE) {
      this.#end(new Error(`closed with ${end - start >= 2 ? buffer.readUInt16BE(start) : "no code"}`));
    }
  }

  #takeLines(buffer: Buffer, start: number, end: number): void {
    for (let from = start; from < end; ) {
      const newline = buffer.indexOf(NEWLINE, from);
      const to = newline === -1 ? end : Math.min(newline, end);
      if (to > from) this.#takeText(buffer, from, to);
      from = to + 1;
    }
  }

  #takeText(buffer: Buffer, start: number, end: number): void {
    if (this.#isIn && end - start >= SHORTEST_MESSAGE) {
      this.received += 1;
      this.#listener.delivered(this, buffer, start, end);
    } else {
      this.#answerProtocol(buffer.toString("utf8", start, end));
    }
  }

  #answerProtocol(text: string): void {
    const { heartbeat, greet } = this.#protocol;
    if (text === heartbeat?.ping) this.#send(heartbeat.pong);
    else if (!this.#isIn) {
      const answer = greet?.(text, this.room);
      if (answer === "joined") this.#enter();
      else this.#send(answer?.send);
    }
  }

  #send(text: string | undefined): void {
    if (text !== undefined) this.#socket.write(clientFrame(TEXT, Buffer.from(text)));
  }

  #enter(): void {
    this.#isIn = true;
    this.#settle.resolve();
  }

  #end(reason: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isIn) this.#listener.lost(this, reason);
    else this.#settle.reject(reason);
  }
}
