import type { Hub } from "../../src/hub/hub.ts";
import type { Message } from "../../src/hub/message.ts";

/** Publishes or broadcasts a message, as its class asks. */
export async function send(hub: Pick<Hub, "publish" | "broadcast">, message: Message): Promise<void> {
  if (message.delivery === "log") await hub.publish(message);
  else hub.broadcast(message);
}
