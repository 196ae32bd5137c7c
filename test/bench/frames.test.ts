import { expect } from "chai";
import { clientFrame, FrameParser, PING, TEXT } from "../../bench/load/frames.ts";

interface Seen {
  readonly opcode: number;
  readonly payload: string;
}

/** What a parser makes of bytes that come in these chunks, each in memory that is written over afterwards. */
function parse(...chunks: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  const parser = new FrameParser((opcode, buffer, start, end) => {
    seen.push({ opcode, payload: buffer.toString("latin1", start, end) });
  });
  const shared = Buffer.alloc(1 << 18);
  for (const chunk of chunks) {
    chunk.copy(shared);
    parser.push(shared.subarray(0, chunk.length));
    shared.fill(0xff, 0, chunk.length);
  }
  return seen;
}

/** A frame as servers send it. */
function frame(payload: string, opcode = TEXT): Buffer {
  const { length } = payload;
  const header =
    length < 126
      ? [length]
      : length < 1 << 16
        ? [126, length >> 8, length & 0xff]
        : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...header]), Buffer.from(payload, "latin1")]);
}

describe("the load generator's frame parser", () => {
  it("counts every frame that one write holds, whatever its length", () => {
    const payloads = ["", "a", "b".repeat(125), "c".repeat(126), "d".repeat(65_535), "e".repeat(65_536), "last"];
    const seen = parse(Buffer.concat(payloads.map((payload) => frame(payload))));
    expect(seen.map(({ payload }) => payload)).to.eql(payloads);
  });

  it("puts frames together that come in two pieces, wherever they are cut", () => {
    const bytes = Buffer.concat([frame("first"), frame("x".repeat(300)), frame("last")]);
    const whole = parse(bytes);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(parse(bytes.subarray(0, cut), bytes.subarray(cut)), `cut at ${cut}`).to.eql(whole);
    }
  });

  it("puts frames together that come byte by byte", () => {
    const bytes = Buffer.concat([frame("ping?", PING), frame("y".repeat(200))]);
    const seen = parse(...Array.from(bytes, (byte) => Buffer.from([byte])));
    expect(seen).to.eql([
      { opcode: PING, payload: "ping?" },
      { opcode: TEXT, payload: "y".repeat(200) },
    ]);
  });

  it("refuses what it would miscount: fragments, compressed and masked frames", () => {
    const fragment = Buffer.from([0x01, 0x01, 0x61]);
    const compressed = Buffer.from([0xc1, 0x01, 0x61]);
    const masked = clientFrame(TEXT, Buffer.from("a"));
    for (const bytes of [fragment, compressed, masked]) expect(() => parse(bytes)).to.throw("a frame that is");
  });
});
