import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../hub/clock.ts";
import type { Hub } from "../hub/hub.ts";
import type { Redis } from "./redis.ts";

const CHANNEL = "junction:bus";

/** How long an order is sent again to workers that come back; milliseconds. Longer, while Redis is lost. */
const KEPT_MS = 60_000;

/** An order that every worker carries out on its own connections. */
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
  /** A worker is connected again, and may have missed orders. */
  z.object({ note: z.literal("back"), from: z.string() }),
]);
type Note = z.output<typeof noteSchema>;

/** The connections of this worker, as orders act on them. */
export type Controlled = Pick<Hub, "revoke" | "evict">;

/** `Hub.revoke` and `Hub.evict` on every worker. Both are done on this worker when the call returns. */
export interface ControlChannel extends Controlled {
  /** Begins to carry out orders on a hub; before that there are no connections to act on. To be called once. */
  control(hub: Controlled): void;
}

/** Makes the control channel of a worker that is alone. */
export function localControl(): ControlChannel {
  let hub: Controlled | undefined;
  return {
    control(controlled) {
      hub = controlled;
    },
    revoke: (credentialId) => hub?.revoke(credentialId),
    evict: (...args) => hub?.evict(...args),
  };
}

/**
 * Makes the control channel to the other workers over Redis. An order that could not be sent, because this worker or
 * another had lost Redis, is sent when Redis is back; each worker carries out each order once. `clock` is real time.
 */
export function redisControl(redis: Redis, clock: Clock): ControlChannel {
  const here = localControl();
  let sent: { readonly id: string; readonly order: Order; readonly at: number }[] = [];
  const done = new Set<string>();

  redis.subscribe("common", CHANNEL, (payload) => {
    const note = noteSchema.parse(JSON.parse(payload.toString()));
    if (note.from === redis.id) return;
    if (note.note === "back") return sendAgain();
    if (done.has(note.id)) return;
    done.add(note.id);
    clock.after(2 * KEPT_MS, () => done.delete(note.id));
    execute(note.order);
  });
  redis.on("state", (state) => {
    if (state === "lost") return;
    publish({ note: "back", from: redis.id });
    sendAgain();
  });

  return {
    control: here.control,
    revoke: (credentialId) => send({ do: "revoke", credentialId }),
    evict: (namespace, room, userId, message) => send({ do: "evict", namespace, room, userId, message }),
  };

  function send(order: Order): void {
    execute(order);
    forgetOld();
    const entry = { id: randomUUID(), order, at: clock.now() };
    sent.push(entry);
    publish({ note: "order", from: redis.id, id: entry.id, order });
  }

  function execute(order: Order): void {
    if (order.do === "revoke") here.revoke(order.credentialId);
    else here.evict(order.namespace, order.room, order.userId, order.message);
  }

  function sendAgain(): void {
    for (const { id, order } of sent) publish({ note: "order", from: redis.id, id, order });
  }

  function forgetOld(): void {
    if (redis.state === "live") sent = sent.filter(({ at }) => at > clock.now() - KEPT_MS);
  }

  function publish(note: Note): void {
    redis.publish("common", CHANNEL, JSON.stringify(note));
  }
}
