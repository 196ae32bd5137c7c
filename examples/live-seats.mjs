// Watches an event over plain WebSocket while a seat of it is booked and given back over HTTP.
// Usage: node examples/live-seats.mjs [http://localhost:3000]
import { once } from "node:events";
import { WebSocket } from "ws";

const base = process.argv[2] ?? "http://localhost:3000";
const EVENT = 123;

let access_token;
({ access_token } = await call("POST", "/api/v2/auth/login", { phone: "+966500000001", password: "password123" }));

const ws = new WebSocket(`${base.replace("http", "ws")}/events/ws/events/${EVENT}?token=${access_token}`);
ws.on("message", (data) => console.log("received", data.toString()));
await once(ws, "message");

const booking = await call("POST", `/api/events/${EVENT}/bookings`, { seats: 2 });
console.log("booked", booking);
console.log("gave back", await call("DELETE", `/api/events/${EVENT}/bookings/${booking.bookingId}`));
ws.close();

async function call(method, path, body) {
  const response = await fetch(base + path, {
    method,
    headers: { "Content-Type": "application/json", ...(access_token && { Authorization: `Bearer ${access_token}` }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.detail}`);
  return answer;
}
