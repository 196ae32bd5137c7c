import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends requests to a server on this machine by connections that stay open, as a proxy's or a browser's do. */
export class HttpClient {
  readonly #agent: Agent;
  readonly #port: number;

  /** `connections`: number of requests that may be under way at once; further ones wait in order. */
  constructor(port: number, connections: number) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Resolves to the answer, whatever its status. Rejects when there is none. `body` is JSON. */
  call(method: "GET" | "POST", path: string, body?: string, headers: IncomingHttpHeaders = {}): Promise<HttpAnswer> {
    const contentHeaders =
      body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const options = { agent: this.#agent, host: "127.0.0.1", port: this.#port, method, path };
    return new Promise((resolve, reject) => {
      const outgoing = request({ ...options, headers: { ...contentHeaders, ...headers } }, (answer) => {
        text(answer).then((content) => resolve({ status: answer.statusCode ?? 0, body: content }), reject);
      });
      outgoing.once("error", reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
