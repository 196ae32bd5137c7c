import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Reading } from "../subscriber.ts";
import type { Room, RoomDeps } from "./room.ts";

const ticket = z.object({ id: z.string() });
const message = z.object({ message: z.object({ message: z.string() }) });
const typist = z.object({ isTyping: z.boolean() });

/** Opens the room of a support chat, in which a customer and admins all write at once. */
export async function openTicket({ api, people }: RoomDeps, number: number): Promise<Room> {
  const owner = people.customer(number);
  const body = { subject: `Delivery check ${number}` };
  const { id } = ticket.parse(await api.change(owner, "POST", "/api/v2/support/tickets", body));
  const typing = `support:${id}`;
  const name = `bookings ${typing}`;
  let messages = 0;
  return {
    name,
    typing,
    atOnce: 4,
    subscription(i) {
      const { token } = Math.floor(i / 2) % 2 === 0 ? owner : people.admin;
      return {
        address: { path: "/bookings/ws", namespace: "/bookings", token },
        greeting: "connected",
        request: { type: "join", body: { room: typing }, confirmation: "joined_room" },
        read,
      };
    },
    async change() {
      const text = randomUUID();
      const sender = messages++ % 2 === 0 ? owner : people.admin;
      await api.change(sender, "POST", `/api/v2/support/tickets/${id}/messages`, { message: text });
      return [{ rooms: [name], log: `message:${text}` }];
    },
  };
}

function read(type: string, body: unknown): Reading | undefined {
  if (type === "message") return { log: `message:${message.parse(body).message.message}` };
  return type === "typing" ? { isTyping: typist.parse(body).isTyping } : undefined;
}
