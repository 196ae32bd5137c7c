import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Requests to a server on this machine by connections that stay open, as a proxy's or a browser's do. */
export class HttpClient {
  readonly #agent: Agent;
  readonly #port: number;

  /** `connections`: how many requests may be on their way at once; more wait their turn, in their order. */
  constructor(port: number, connections: number) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Resolves to whatever is answered; rejects when nothing is. `body` is JSON. */
  call(method: "GET" | "POST", path: string, body?: string, headers: IncomingHttpHeaders = {}): Promise<HttpAnswer> {
    const about =
      body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const options = { agent: this.#agent, host: "127.0.0.1", port: this.#port, method, path };
    return new Promise((resolve, reject) => {
      const asked = request({ ...options, headers: { ...about, ...headers } }, (answer) => {
        text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, body: said }), reject);
      });
      asked.once("error", reject);
      asked.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
