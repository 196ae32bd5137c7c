import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Person } from "../people.ts";
import type { Reading } from "../subscriber.ts";
import type { Room, RoomDeps } from "./room.ts";

const notification = z.object({ message: z.string() });
const news = z.object({ booking_id: z.number() });

/** Returns the room of a user's notifications in the battery app. */
export function inboxOf({ id }: Person): string {
  return `battery user:${id}`;
}

/** Opens the room of a customer's notifications, which also gets messages about the batteries that they booked. */
export async function openInbox({ api, people }: RoomDeps, number: number): Promise<Room> {
  const owner = people.customer(number);
  const name = inboxOf(owner);
  const address = { path: "/battery/ws/notifications", namespace: "/battery/notifications", token: owner.token };
  return {
    name,
    subscription: () => ({ address, greeting: "connection_established", read }),
    atOnce: 2,
    async change() {
      const message = randomUUID();
      await api.change(people.operator, "POST", "/api/notifications", { user_id: owner.id, title: "Check", message });
      return [{ rooms: [name], log: `notification:${message}` }];
    },
  };
}

function read(type: string, body: unknown): Reading | undefined {
  if (type === "notification") return { log: `notification:${notification.parse(body).message}` };
  if (type !== "booking_confirmed" && type !== "booking_ready") return undefined;
  return { log: `${type}:${news.parse(body).booking_id}` };
}
