import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../hub/clock.ts";
import type { Hub } from "../hub/hub.ts";
import type { Redis } from "./redis.ts";

const CHANNEL = "junction:bus";

/** How long an action is kept for workers that reconnect; milliseconds. Longer while Redis is lost. */
const KEPT_MS = 60_000;

/** An action that every worker takes on its own connections. */
const actionSchema = z.discriminatedUnion("do", [
  z.object({ do: z.literal("revoke"), credentialId: z.string() }),
  z.object({
    do: z.literal("evict"),
    namespace: z.string(),
    room: z.string(),
    userId: z.string(),
    message: z.string(),
  }),
]);
type Action = z.output<typeof actionSchema>;

const noteSchema = z.discriminatedUnion("note", [
  z.object({ note: z.literal("order"), from: z.string(), id: z.string(), order: actionSchema }),
  /** The note of a worker that has reconnected, and may have missed actions. */
  z.object({ note: z.literal("back"), from: z.string() }),
]);
type Note = z.output<typeof noteSchema>;

/** The actions on the connections of this worker. */
export type Controlled = Pick<Hub, "revoke" | "evict">;

/** The revocations and evictions on every worker. Both are done on this worker when the call returns. */
export interface ControlChannel extends Controlled {
  /** Applies the actions to a hub from now on. Before that there are no connections. To be called once. */
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
 * Makes the control channel to the other workers over Redis. An action that could not be sent, because this worker or
 * another had lost Redis, is sent after the reconnect. Each worker takes each action once. `clock` is real time.
 */
export function redisControl(redis: Redis, clock: Clock): ControlChannel {
  const local = localControl();
  let recent: { readonly id: string; readonly action: Action; readonly at: number }[] = [];
  const done = new Set<string>();

  redis.subscribe("common", CHANNEL, (payload) => {
    const note = noteSchema.parse(JSON.parse(payload.toString()));
    if (note.from === redis.id) return;
    if (note.note === "back") return resend();
    if (done.has(note.id)) return;
    done.add(note.id);
    clock.after(2 * KEPT_MS, () => done.delete(note.id));
    execute(note.order);
  });
  redis.on("state", (state) => {
    if (state === "lost") return;
    publish({ note: "back", from: redis.id });
    resend();
  });

  return {
    control: local.control,
    revoke: (credentialId) => send({ do: "revoke", credentialId }),
    evict: (namespace, room, userId, message) => send({ do: "evict", namespace, room, userId, message }),
  };

  function send(action: Action): void {
    execute(action);
    dropOld();
    const entry = { id: randomUUID(), action, at: clock.now() };
    recent.push(entry);
    publish({ note: "order", from: redis.id, id: entry.id, order: action });
  }

  function execute(action: Action): void {
    if (action.do === "revoke") local.revoke(action.credentialId);
    else local.evict(action.namespace, action.room, action.userId, action.message);
  }

  function resend(): void {
    for (const { id, action } of recent) publish({ note: "order", from: redis.id, id, order: action });
  }

  function dropOld(): void {
    if (redis.state === "live") recent = recent.filter(({ at }) => at > clock.now() - KEPT_MS);
  }

  function publish(note: Note): void {
    redis.publish("common", CHANNEL, JSON.stringify(note));
  }
}
