import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { type Plan, type Publish, type Sent, Ticker } from "./ticker.ts";

/** What the load generator tells a server, one JSON text per line. */
export type ControlMessage =
  | { readonly start: Plan }
  | { readonly acknowledge: number }
  | { readonly stop: true }
  /** Collects garbage, so that the memory that is left is in use. */
  | { readonly collect: true };

/** What the server answers. */
export type Answer = { readonly stopped: Sent } | { readonly collected: true };

/** What a contender that is a Node program of ours tells the benchmark once it serves. */
export interface Ready {
  readonly port: number;
  readonly control: number;
}

/**
 * The same for every contender that runs in Node: a port on which the load generator starts and stops the publishing,
 * beside the server's own. Tells the benchmark that the server serves, and ends with the benchmark.
 */
export async function serveControl(port: number, publish: Publish): Promise<void> {
  const server = createServer((socket) => take(socket, publish));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.on("disconnect", () => process.exit(0));
  process.send?.({ port, control: (server.address() as AddressInfo).port } satisfies Ready);
}

function take(socket: Socket, publish: Publish): void {
  let ticker: Ticker | undefined;
  const answer = (said: Answer): void => void socket.write(`${JSON.stringify(said)}\n`);
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  createInterface(socket).on("line", (line) => {
    const order = JSON.parse(line) as ControlMessage;
    if ("start" in order) ticker = new Ticker(order.start, publish);
    else if ("acknowledge" in order) ticker?.acknowledge(order.acknowledge);
    else if ("stop" in order) answer({ stopped: ticker?.stop() ?? {} });
    else {
      // Two times, because what the first one finalises the second one frees.
      for (let i = 0; i < 2; i++) globalThis.gc?.();
      answer({ collected: true });
    }
  });
}
