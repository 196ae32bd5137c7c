import { z } from "zod";
import type { Channel } from "../../hub/channel.ts";
import { DISCONNECTS } from "../../hub/disconnects.ts";
import { refreshSchema } from "../../hub/dispatch.ts";
import { ERRORS } from "../../hub/errors.ts";
import type { DeliveryClass } from "../../hub/outbound.ts";
import { type JsonSchema, toJsonSchema } from "./json-schema.ts";

export interface AsyncMessage {
  readonly name: string;
  readonly summary: string;
  /** The delivery class of a message that the hub sends. */
  readonly tags?: readonly { readonly name: DeliveryClass; readonly description: string }[];
  readonly payload: JsonSchema;
}

/** The sender of a message. Some types, for example `typing`, are sent by both, in different shapes. */
export type Sender = "client" | "hub";
export type Transport = "plain" | "socketio";

/** A message on one transport, before it has a name in the description. */
interface Declared {
  readonly type: string;
  readonly from: Sender;
  readonly schema: z.ZodObject;
  readonly summary: string;
  readonly delivery?: DeliveryClass;
}

const PROMISES: Readonly<Record<DeliveryClass, string>> = {
  log: "Every subscriber of the room gets every one, in one order",
  latest: "A slow client may skip values but ends on the newest of each key",
  volatile: "Delivered if the client can take it now",
  reply: "An answer to one client, never broadcast",
};

/** The field that a message of class `log` has besides its declared ones. */
const offset = z.number().int().positive().describe("Its place in the log of the room: 1, 2, 3 and so on");
const schemasWithOffset = new WeakMap<z.ZodObject, z.ZodObject>();

/** Returns the schema with that field. It is the same object for the same schema, so that it is described once. */
function withOffset(schema: z.ZodObject): z.ZodObject {
  const known = schemasWithOffset.get(schema) ?? schema.extend({ seq: offset });
  schemasWithOffset.set(schema, known);
  return known;
}

/** The `id` that a message of a client may have. `refresh` has none, because a repetition does no harm. */
const messageId: JsonSchema = {
  type: "string",
  minLength: 1,
  maxLength: 200,
  description: "Names the message, which is then done once within 10 minutes, however often it is sent",
};

const closingSchema = z.object({
  code: z.number().int(),
  reason: z.string().describe([...new Set(Object.values(DISCONNECTS).map(({ reason }) => reason))].join(", ")),
});

const acknowledgements = [
  z.looseObject({ ok: z.literal(true) }),
  z.object({
    ok: z.literal(false),
    error: z.object({
      code: z.enum(Object.keys(ERRORS) as [keyof typeof ERRORS, ...(keyof typeof ERRORS)[]]),
      message: z.string(),
    }),
  }),
];

/** The name of the answer to an event in the description; no event has this name. */
export const ACKNOWLEDGEMENT = "acknowledgement";

/** Returns every message of a channel on a transport: those that it declares, and those that the hub adds. */
export function messagesOf(channel: Channel, transport: Transport): Declared[] {
  const inbound = Object.entries(channel.inbound).map(
    ([type, schema]): Declared => ({ type, from: "client", schema, summary: "Sent by clients" }),
  );
  const outbound = Object.entries(channel.outbound).map(
    ([type, { schema, delivery }]): Declared => ({
      type,
      from: "hub",
      schema: delivery === "log" ? withOffset(schema) : schema,
      delivery,
      summary: `Sent by the hub: ${PROMISES[delivery]}`,
    }),
  );
  const refresh: Declared = {
    type: "refresh",
    from: "client",
    schema: refreshSchema,
    summary: "A fresh JWT of the same user, before the one that the client came with expires",
  };
  const closing: Declared = {
    type: "closing",
    from: "hub",
    schema: closingSchema,
    delivery: "reply",
    summary: "The hub is about to end this connection: the close code and the reason that a plain client would see",
  };
  return [
    ...inbound,
    ...(channel.credential === "jwt" ? [refresh] : []),
    ...outbound,
    ...(transport === "socketio" ? [closing] : []),
  ];
}

/** Describes a message in the form of its transport: a whole text frame, or the one argument of an event. */
export function asyncMessage(
  { type, from, schema, summary, delivery }: Declared,
  transport: Transport,
  channel: Channel,
): AsyncMessage {
  const fields = toJsonSchema(schema, from === "client" ? "input" : "output", "draft-07");
  const named = from === "client" && type !== "refresh" ? { id: messageId } : {};
  return {
    name: type,
    summary,
    ...(delivery && { tags: [{ name: delivery, description: PROMISES[delivery] }] }),
    payload: transport === "plain" ? frame() : { ...fields, properties: { ...fields.properties, ...named } },
  };

  function frame(): JsonSchema {
    const { properties, required } = fields;
    const head = { type: { const: type }, ...named };
    if (channel.envelope !== "data") {
      return { ...fields, properties: { ...head, ...properties }, required: ["type", ...required] };
    }
    const needsData = from === "hub" || required.length > 0;
    return {
      type: "object",
      properties: { ...head, data: fields },
      required: ["type", ...(needsData ? ["data"] : [])],
    };
  }
}

/** The answer to an event that a Socket.IO client sends with an acknowledgement. */
export const acknowledgementMessage: AsyncMessage = {
  name: ACKNOWLEDGEMENT,
  summary: "The answer to an event that was sent with an acknowledgement; further fields depend on the event",
  payload: { oneOf: acknowledgements.map((schema) => toJsonSchema(schema, "output", "draft-07")) },
};
