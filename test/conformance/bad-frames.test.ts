import { expect } from "chai";
import { DISCONNECTS } from "../../src/hub/disconnects.ts";
import { withHub } from "../support/suite.ts";
import { type Bystanders, bystanders } from "./bystanders.ts";
import { RAW_DOORS, type RawClient } from "./raw-clients.ts";

const KIB = 1024;
const TOO_BIG = { code: 1009, reason: "Message Too Big" };
const BINARY = { code: 1003, reason: "Binary Not Supported" };
const PROTOCOL_ERROR = { code: 1002, reason: "Protocol Error" };

/** A masked frame of a client, header and all, to be written as it is. */
function frameOf(firstByte: number, payload: Buffer, maskBit = 0x80): Buffer {
  return Buffer.concat([Buffer.from([firstByte, maskBit | payload.length]), Buffer.alloc(maskBit ? 4 : 0), payload]);
}

function writeRaw({ ws }: RawClient, bytes: Buffer): void {
  (ws as unknown as { _socket: import("node:net").Socket })._socket.write(bytes);
}

describe("a bad frame", () => {
  withHub((suite) => {
    let others: Bystanders;
    beforeEach(async () => {
      others = await bystanders(suite);
    });
    afterEach(() => others.noticeNothing());

    for (const door of RAW_DOORS) {
      describe(`through ${door.name}`, () => {
        const connect = async () => door.connect(suite.hub.url, await suite.hub.token("customer"));
        /** What the client writes so that its message has so many bytes. */
        const padded = (bytes: number): string => {
          const [head, tail] =
            door.name === "Socket.IO" ? ['42/events,["ping",{"x":"', '"}]'] : ['{"type":"ping","x":"', '"}'];
          return `${head}${"x".repeat(bytes - head.length - tail.length)}${tail}`;
        };

        it("of 16 KiB is a good one", async () => {
          const client = await connect();
          client.ws.send(padded(16 * KIB));
          await client.had("pong");
          client.ws.close();
        });

        for (const [size, bytes] of [
          ["one byte more", 16 * KIB + 1],
          ["1 MiB", 1024 * KIB],
          ["16 MiB", 16 * 1024 * KIB],
        ] as const) {
          it(`of ${size} ends with 1009`, async () => {
            const client = await connect();
            client.ws.send(padded(bytes));
            expect(await client.ended).to.eql(TOO_BIG);
            expect(client.log.filter(([type]) => type === "pong")).to.eql([]);
          });
        }

        it("in pieces that add up to too much ends with 1009", async () => {
          const client = await connect();
          client.ws.send("x".repeat(10 * KIB), { fin: false });
          client.ws.send("x".repeat(10 * KIB), { fin: false });
          expect(await client.ended).to.eql(TOO_BIG);
        });

        it("that says it will be endless ends with 1009 before it comes", async () => {
          const client = await connect();
          const header = Buffer.alloc(14);
          header[0] = 0x81;
          header[1] = 0xff;
          header.writeBigUInt64BE(2n ** 40n, 2);
          writeRaw(client, header);
          expect(await client.ended).to.eql(TOO_BIG);
        });

        it("of binary ends with 1003, whatever is in it", async () => {
          for (const bytes of [Buffer.from('{"type":"ping"}'), Buffer.alloc(0), Buffer.alloc(1_000)]) {
            const client = await connect();
            client.ws.send(bytes);
            expect(await client.ended).to.eql(BINARY);
            expect(client.log.map(([type]) => type)).to.not.include("pong");
          }
        });

        for (const [what, bytes] of [
          ["a lone byte", [0xff]],
          ["half a character", [0xe2, 0x82]],
          ["a surrogate", [0xed, 0xa0, 0x80]],
          ["an overlong slash", [0xc0, 0xaf]],
        ] as const) {
          it(`of text that is not UTF-8 (${what}) ends with 1007`, async () => {
            const client = await connect();
            client.ws.send(Buffer.from([...Buffer.from('{"type":"ping","x":"'), ...bytes, ...Buffer.from('"}')]), {
              binary: false,
            });
            expect(await client.ended).to.include({ code: 1007 });
          });
        }

        for (const [what, frame] of [
          ["an unknown opcode", frameOf(0x83, Buffer.from("x"))],
          ["reserved bits", frameOf(0xf1, Buffer.from("x"))],
          ["no mask", frameOf(0x81, Buffer.from("x"), 0)],
          ["a continuation of nothing", frameOf(0x80, Buffer.from("x"))],
          ["a ping in pieces", frameOf(0x09, Buffer.from("x"))],
          ["a close of one byte", frameOf(0x88, Buffer.from("x"))],
          ["a close with a code that there is not", frameOf(0x88, Buffer.from([0x03, 0xec]))],
        ] as const) {
          it(`with ${what} ends with 1002`, async () => {
            const client = await connect();
            writeRaw(client, frame);
            expect(await client.ended).to.include({ code: 1002 });
          });
        }

        it("that never ends keeps nobody waiting, and its client goes like any other", async () => {
          const client = await connect();
          client.ws.send("x", { fin: false });
          await others.noticeNothing();
          client.ws.terminate();
          await client.ended;
        });

        it("behind a close says nothing more", async () => {
          const client = await connect();
          client.ws.send(Buffer.from([1]));
          client.emit("get_stats");
          client.emit("ping");
          expect(await client.ended).to.eql(BINARY);
          expect(client.log.map(([type]) => type).filter((type) => type !== "closing")).to.eql([
            "connection_established",
          ]);
        });
      });
    }

    describe("of Socket.IO's protocols", () => {
      const door = RAW_DOORS[1]!;

      for (const [what, frame] of [
        ["JSON that is none", '42/events,["ping",'],
        ["no JSON", "42/events,ping"],
        ["an event that is an object", '42/events,{"type":"ping"}'],
        ["an event without a name", "42/events,[]"],
        ["an event with an object for a name", "42/events,[{}]"],
        ["an event that the library keeps for itself", '42/events,["disconnect"]'],
        ["an event that its listeners are for", '42/events,["newListener",{}]'],
        ["a kind of packet that there is not", "49/events,"],
        ["an event for a namespace that it is not in", '42/vehicles/search,["search",{"term":"ABC"}]'],
        ["an event for no namespace", '42["ping"]'],
        ["a second connect", "40/events,"],
        ["a connect error", '44/events,{"message":"x"}'],
        ["more attachments than there may be", `4${"5".repeat(1)}999999-/events,["ping"]`],
        ["attachments that are not numbered", '45-/events,["ping"]'],
        [
          "text where an attachment was promised",
          '451-/events,["ping",{"_placeholder":true,"num":0}]\u00002/events,["ping"]',
        ],
        ["a kind of engine packet that there is not", "x"],
        ["nothing", ""],
        ["a ping of the client's, which is the server's to send", "2"],
      ] as const) {
        it(`with ${what} is told that it is closing, and ends`, async () => {
          const client = await door.connect(suite.hub.url, await suite.hub.token("customer"));
          for (const part of frame.split("\u0000"))
            client.ws.send(frame.includes("\u0000") && part.startsWith("2") ? `4${part}` : part);
          expect(await client.ended).to.eql(PROTOCOL_ERROR);
          expect(client.log.map(([type]) => type)).to.eql(["connection_established", "closing"]);
        });
      }

      it("with an attachment ends with 1003, since that is binary", async () => {
        const client = await door.connect(suite.hub.url, await suite.hub.token("customer"));
        client.ws.send('451-/events,["ping",{"_placeholder":true,"num":0}]');
        client.ws.send(Buffer.from([1, 2, 3]));
        expect(await client.ended).to.eql(BINARY);
      });

      it("that means nothing is passed over", async () => {
        const client = await door.connect(suite.hub.url, await suite.hub.token("customer"));
        // An acknowledgement of nothing, and the engine's noop and pong.
        for (const frame of ["43/events,7[]", "6", "3"]) client.ws.send(frame);
        client.emit("ping");
        await client.had("pong");
        client.ws.close();
        await client.ended;
      });

      it("before it is in any namespace ends without a word", async () => {
        const { WebSocket } = await import("ws");
        for (const frame of ['42["ping"]', "4garbage", "x", Buffer.from([1])]) {
          const ws = new WebSocket(`${suite.hub.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
          ws.once("open", () => ws.send(frame));
          await new Promise((resolve) => ws.once("close", resolve));
        }
      });
    });
  });
});

describe("the close codes of bad frames", () => {
  it("are those of the catalogue", () => {
    const { too_big, binary } = DISCONNECTS;
    expect([too_big, binary].map(({ code, reason }) => ({ code, reason }))).to.eql([TOO_BIG, BINARY]);
  });
});
