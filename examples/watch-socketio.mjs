// Watches the same event over Socket.IO. Usage: node examples/watch-socketio.mjs TOKEN [http://localhost:3000]
import { io } from "socket.io-client";

const [token, base = "http://localhost:3000"] = process.argv.slice(2);
const socket = io(`${base}/events`, { auth: { token } });

socket.on("connect", () => socket.emit("subscribe_event", { eventId: 123 }));
socket.onAny((type, payload) => console.log(type, payload));
socket.on("connect_error", (error) => console.log("refused", error.message));
