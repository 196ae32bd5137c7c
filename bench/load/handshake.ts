import { createHash } from "node:crypto";

/** The key of all handshakes. Its value does not matter, only that the server's answer matches it. */
const KEY = "anVuY3Rpb24gYmVuY2htYQ==";
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const ACCEPT = createHash("sha1").update(`${KEY}${GUID}`).digest("base64");

const END = "\r\n\r\n";

/** Returns the request that opens a WebSocket at `url` (path and query). */
export function upgradeRequest(url: string, port: number): string {
  const lines = [
    `GET ${url} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${KEY}`,
    "Sec-WebSocket-Version: 13",
  ];
  return `${lines.join("\r\n")}${END}`;
}

/**
 * Returns the position at which the frames begin in the answer of a server; `undefined` while the answer is incomplete.
 * Throws, with the answer's first line, when it is not the requested upgrade.
 */
export function upgradeEnd(answer: Buffer): number | undefined {
  const end = answer.indexOf(END);
  if (end === -1) return undefined;
  const head = answer.toString("latin1", 0, end);
  const accept = /^sec-websocket-accept: *(\S+)/im.exec(head)?.[1];
  if (!head.startsWith("HTTP/1.1 101 ") || accept !== ACCEPT) throw new Error(`no upgrade: ${head.split("\r\n")[0]}`);
  if (/^sec-websocket-extensions:/im.test(head)) throw new Error("an extension that was not offered");
  return end + END.length;
}
