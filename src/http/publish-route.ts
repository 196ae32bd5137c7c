import { z } from "zod";
import type { Channel } from "../hub/channel.ts";
import { HubError } from "../hub/errors.ts";
import type { Hub } from "../hub/hub.ts";
import { checkedMessage } from "../hub/message.ts";
import { defineRoute, type Route } from "../hub/route.ts";

/** Declares `POST /api/publish`, by which an administrator sends any declared message to any room. */
export function publishRoute(hub: Pick<Hub, "publish" | "broadcast">, channels: readonly Channel[]): Route {
  return defineRoute({
    method: "post",
    path: "/api/publish",
    summary: "Send a declared message to the members of a room",
    credential: "jwt",
    roles: ["admin"],
    body: z.object({
      app: z.string(),
      room: z.string().min(1).max(256),
      type: z.string(),
      data: z.record(z.string(), z.unknown()),
    }),
    response: z.object({ published: z.literal(true) }),
    async handle({ body: { app, room, type, data }, command }) {
      const declaring = channels.filter((channel) => channel.app === app && Object.hasOwn(channel.outbound, type));
      if (declaring.length === 0) throw new HubError("invalid_field", `The app ${app} declares no message ${type}`);
      const rootNamespaces = new Set(declaring.map(({ rootNamespace }) => rootNamespace));
      const messages = [...rootNamespaces].flatMap((namespace) => {
        const declared = declaring.find(({ rootNamespace }) => rootNamespace === namespace)?.outbound[type];
        if (!declared) return [];
        const checked = declared.schema.safeParse(data);
        if (!checked.success) throw new HubError("invalid_field", z.prettifyError(checked.error));
        return { ...checkedMessage(namespace, [room], type, declared, data), id: command.uuid() };
      });
      for (const message of messages) {
        if (message.delivery === "log") await hub.publish(message);
        else hub.broadcast(message);
      }
      return { published: true };
    },
  });
}
