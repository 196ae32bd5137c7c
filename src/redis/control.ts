import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../hub/clock.ts";
import type { Hub } from "../hub/hub.ts";
import type { Redis } from "./redis.ts";

const CHANNEL = "junction:bus";

/** How long what was said is said again to workers that come back; milliseconds. Longer, while Redis is lost. */
const KEPT_MS = 60_000;

/** What every worker has to do with its own connections. */
const orderSchema = z.discriminatedUnion("do", [
  z.object({ do: z.literal("revoke"), credentialId: z.string() }),
  z.object({
    do: z.literal("evict"),
    namespace: z.string(),
    room: z.string(),
    userId: z.string(),
    message: z.string(),
  }),
]);
type Order = z.output<typeof orderSchema>;

const noteSchema = z.discriminatedUnion("note", [
  z.object({ note: z.literal("order"), from: z.string(), id: z.string(), order: orderSchema }),
  /** A worker hears again, and may have missed something. */
  z.object({ note: z.literal("back"), from: z.string() }),
]);
type Note = z.output<typeof noteSchema>;

/** `Hub.revoke` and `Hub.evict` on every worker. Both are done here when the call returns. */
export interface ControlChannel {
  revoke(credentialId: string): void;
  evict: Hub["evict"];
}

/** The bus of a worker that is alone. */
export function localControl(hub: () => Hub): ControlChannel {
  return {
    revoke: (credentialId) => hub().revoke(credentialId),
    evict: (...args) => hub().evict(...args),
  };
}

/**
 * Tells the other workers over Redis. What could not be told, because Redis was lost for us or for them, is told when it
 * is back; each worker does each order once. `clock` is real time.
 */
export function redisControl(redis: Redis, hub: () => Hub, clock: Clock): ControlChannel {
  let said: { readonly id: string; readonly order: Order; readonly at: number }[] = [];
  const done = new Set<string>();

  redis.subscribe("common", CHANNEL, (payload) => {
    const note = noteSchema.parse(JSON.parse(payload.toString()));
    if (note.from === redis.id) return;
    if (note.note === "back") return sayAgain();
    if (done.has(note.id)) return;
    done.add(note.id);
    clock.after(2 * KEPT_MS, () => done.delete(note.id));
    carryOut(note.order);
  });
  redis.on("state", (state) => {
    if (state === "lost") return;
    tell({ note: "back", from: redis.id });
    sayAgain();
  });

  return {
    revoke: (credentialId) => order({ do: "revoke", credentialId }),
    evict: (namespace, room, userId, message) => order({ do: "evict", namespace, room, userId, message }),
  };

  function order(order: Order): void {
    carryOut(order);
    forgetOld();
    const entry = { id: randomUUID(), order, at: clock.now() };
    said.push(entry);
    tell({ note: "order", from: redis.id, id: entry.id, order });
  }

  function carryOut(order: Order): void {
    if (order.do === "revoke") hub().revoke(order.credentialId);
    else hub().evict(order.namespace, order.room, order.userId, order.message);
  }

  function sayAgain(): void {
    for (const { id, order } of said) tell({ note: "order", from: redis.id, id, order });
  }

  function forgetOld(): void {
    if (redis.state === "live") said = said.filter(({ at }) => at > clock.now() - KEPT_MS);
  }

  function tell(note: Note): void {
    redis.publish("common", CHANNEL, JSON.stringify(note));
  }
}
