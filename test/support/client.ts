import { once } from "node:events";
import type { WebSocket } from "ws";
import { openWebSocket, plain, polling, socketIo, type Target, type Transport } from "../../src/testing/client.ts";
import { prove } from "./proofs.ts";

export type { Ended, Payload, Target, TestClient, Transport as Door } from "../../src/testing/client.ts";

/** The transport with a note of each message that a spec has sent or taken. */
function proving(transport: Transport): Transport {
  return {
    ...transport,
    async connect(base, target) {
      const client = await transport.connect(base, target);
      return {
        ...client,
        send(type, payload) {
          prove(target.namespace, "in", type);
          client.send(type, payload);
        },
        async next(type) {
          const payload = await client.next(type);
          prove(target.namespace, "out", type);
          return payload;
        },
      };
    },
  };
}

export const plainDoor = proving(plain);
export const socketIoDoor = proving(socketIo);
export const pollingDoor = proving(polling);

/** The doors that every conformance spec runs through. */
export const DOORS: readonly Transport[] = [plainDoor, socketIoDoor];

/** A bare `ws` client, for what no well-behaved client sends. */
export async function rawClient(base: string, target: Target): Promise<WebSocket> {
  const ws = openWebSocket(base, target);
  await once(ws, "open");
  return ws;
}
