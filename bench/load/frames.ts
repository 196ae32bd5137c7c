/** Called with each frame. Its payload is `buffer` from `start` to `end`, valid during the call only. */
export type OnFrame = (opcode: number, buffer: Buffer, start: number, end: number) => void;

export const TEXT = 1;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const NOTHING = Buffer.alloc(0);

/**
 * Splits the bytes from a server into WebSocket frames, of which it reads only the headers. Throws on frames that no
 * server of this benchmark may send: masked, fragmented or compressed ones.
 */
export class FrameParser {
  readonly #onFrame: OnFrame;
  #rest: Buffer = NOTHING;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** Parses the next bytes, which may be overwritten afterwards. */
  push(chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const { length } = data;
    let at = 0;
    while (length - at >= 2) {
      const first = data[at] as number;
      let size = data[at + 1] as number;
      let start = at + 2;
      if ((first & 0xf0) !== 0x80 || size > 127) throw new Error("a frame that is masked, compressed or a fragment");
      if (size >= 126) {
        start += size === 126 ? 2 : 8;
        if (length < start) break;
        size = size === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
      }
      const end = start + size;
      if (length < end) break;
      at = end;
      this.#onFrame(first & 0x0f, data, start, end);
    }
    this.#rest = at === length ? NOTHING : Buffer.from(data.subarray(at));
  }
}

/** Builds a client's frame. Clients have to mask their payload; the mask is zero, which leaves it unchanged. */
export function clientFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length > 0xffff) throw new Error("clients of this benchmark send no long messages");
  const header = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...header, 0, 0, 0, 0]), payload]);
}
