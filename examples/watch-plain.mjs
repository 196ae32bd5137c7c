// Watches an event over a plain WebSocket. Usage: node examples/watch-plain.mjs TOKEN [ws://localhost:3000]
import { WebSocket } from "ws";

const [token, base = "ws://localhost:3000"] = process.argv.slice(2);
const ws = new WebSocket(`${base}/ws?token=${token}`);

ws.on("open", () => ws.send(JSON.stringify({ type: "subscribe_event", eventId: 123 })));
ws.on("message", (data) => console.log(data.toString()));
ws.on("close", (code, reason) => console.log("closed", code, reason.toString()));
