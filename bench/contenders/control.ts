import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { type Plan, type Publish, type Sent, Ticker } from "./ticker.ts";

/** A message from the load generator to a server, one JSON text per line. */
export type ControlMessage =
  | { readonly start: Plan }
  | { readonly acknowledge: number }
  | { readonly stop: true }
  /** Collects garbage, so that the remaining memory is in use. */
  | { readonly collect: true };

/** An answer of the server. */
export type Answer = { readonly stopped: Sent } | { readonly collected: true };

/** A message to the benchmark from a contender that is a Node program of this repository: it serves, on these ports. */
export interface Ready {
  readonly port: number;
  readonly control: number;
}

/**
 * Opens a control port beside the server's own port, on which the load generator starts and stops the publishing. It is
 * the same for every contender that runs in Node. Sends `Ready` to the benchmark, and ends with the benchmark.
 */
export async function serveControl(port: number, publish: Publish): Promise<void> {
  const server = createServer((socket) => take(socket, publish));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.on("disconnect", () => process.exit(0));
  process.send?.({ port, control: (server.address() as AddressInfo).port } satisfies Ready);
}

function take(socket: Socket, publish: Publish): void {
  let ticker: Ticker | undefined;
  const send = (answer: Answer): void => void socket.write(`${JSON.stringify(answer)}\n`);
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  createInterface(socket).on("line", (line) => {
    const message = JSON.parse(line) as ControlMessage;
    if ("start" in message) ticker = new Ticker(message.start, publish);
    else if ("acknowledge" in message) ticker?.acknowledge(message.acknowledge);
    else if ("stop" in message) send({ stopped: ticker?.stop() ?? {} });
    else {
      // Twice, because the second collection frees the objects that the first one finalised.
      for (let i = 0; i < 2; i++) globalThis.gc?.();
      send({ collected: true });
    }
  });
}
