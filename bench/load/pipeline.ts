import { connect, type Socket } from "node:net";

const HEAD_END = "\r\n\r\n";

/** Sends POST requests on one connection, up to `depth` of them at once. Answers come in the same order. */
export class Pipeline {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #depth: number;
  readonly #waiting: string[] = [];
  #unread = Buffer.alloc(0);
  #sent = 0;
  #answered = 0;
  #fault: Error | undefined;
  #whenDone: (() => void) | undefined;

  /** `depth`: number of requests that are written before the first of them is answered. */
  constructor(port: number, depth: number) {
    this.#depth = depth;
    this.#host = `127.0.0.1:${port}`;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the server has closed the publisher's connection")));
  }

  /** Queues a request. */
  post(path: string, body: string): void {
    const lines = [`POST ${path} HTTP/1.1`, `Host: ${this.#host}`, `Content-Length: ${Buffer.byteLength(body)}`];
    this.#waiting.push(`${lines.join("\r\n")}${HEAD_END}${body}`);
  }

  /** Writes the queued requests, as far as `depth` permits. */
  flush(): void {
    const requests = this.#waiting.splice(0, this.#depth - (this.#sent - this.#answered));
    this.#sent += requests.length;
    if (requests.length > 0) this.#socket.write(requests.join(""));
  }

  /** Resolves when all requests were answered with success. Rejects when one was not. Ends the connection. */
  async end(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#whenDone = resolve;
      this.#settle();
    });
    this.#socket.removeAllListeners("close").destroy();
    if (this.#fault) throw this.#fault;
  }

  #read(chunk: Buffer): void {
    const data = Buffer.concat([this.#unread, chunk]);
    let at = 0;
    for (let next = answerAt(data, at); next !== undefined; next = answerAt(data, at)) {
      if (next.status >= 300) this.#fail(new Error(`a publication was answered ${next.status}`));
      this.#answered += 1;
      at = next.end;
    }
    this.#unread = Buffer.from(data.subarray(at));
    this.flush();
    this.#settle();
  }

  #fail(error: Error): void {
    this.#fault ??= error;
    this.#settle();
  }

  #settle(): void {
    const isDone = this.#answered === this.#sent && this.#waiting.length === 0;
    if (this.#fault || isDone) this.#whenDone?.();
  }
}

/**
 * Parses the answer that begins at `start`; `undefined` while it is incomplete. Throws if it has no `Content-Length`.
 */
export function answerAt(data: Buffer, start: number): { status: number; end: number } | undefined {
  const headEnd = data.indexOf(HEAD_END, start);
  if (headEnd === -1) return undefined;
  const head = data.toString("latin1", start, headEnd);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (Number.isNaN(status) || length === undefined) throw new Error(`not an answer with a length: ${head}`);
  const end = headEnd + HEAD_END.length + Number(length);
  return end <= data.length ? { status, end } : undefined;
}
