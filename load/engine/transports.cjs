// The hub's two transports, for one client each. `open(options, inbox)` resolves to `{ send(type, payload), close() }`
// once the client is connected, and rejects when the hub refuses it. Messages, and the end of the connection by the
// hub, go to the inbox.
const { io } = require("socket.io-client");
const { WebSocket } = require("ws");

/** Opens a plain WebSocket. The credential is in the query, where browsers put it. */
function openPlain({ target, path, token, apiKey, envelope, timeoutMs }, inbox) {
  const url = new URL(target.replace(/^http/, "ws") + path);
  if (token) url.searchParams.set("token", token);
  if (apiKey) url.searchParams.set("api_key", apiKey);
  const socket = new WebSocket(url, { handshakeTimeout: timeoutMs });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const ended = (code, reason) => inbox.fail(`closed ${code} ${reason}`);
  socket.on("message", (frame) => {
    const { type, ...rest } = JSON.parse(frame);
    inbox.deliver(type, envelope ? rest[envelope] : rest);
  });
  socket.on("close", ended);
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.once("open", () => resolve({ send, close }));
  });

  function send(type, payload) {
    socket.send(JSON.stringify(envelope ? { type, [envelope]: payload } : { type, ...payload }));
  }

  function close() {
    socket.off("close", ended);
    socket.close(1000);
    return closed;
  }
}

/** Opens a Socket.IO client over WebSocket, with a connection of its own. */
function openSocketIo({ target, namespace, token, apiKey, timeoutMs }, inbox) {
  const socket = io(target + namespace, {
    auth: { token, apiKey },
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    timeout: timeoutMs,
  });
  const ended = (reason) => inbox.fail(`closed: ${reason}`);
  // Comes before `disconnect`, with the reason.
  socket.once("closing", ({ code, reason }) => inbox.fail(`closed ${code} ${reason}`));
  socket.onAny((type, payload) => inbox.deliver(type, payload));
  socket.on("disconnect", ended);
  return new Promise((resolve, reject) => {
    socket.once("connect_error", (error) => {
      socket.disconnect();
      reject(error);
    });
    socket.once("connect", () => resolve({ send: (type, payload) => socket.emit(type, payload), close }));
  });

  function close() {
    socket.off("disconnect", ended);
    if (!socket.io.engine || socket.io.engine.readyState === "closed") return Promise.resolve();
    const closed = new Promise((resolve) => socket.io.engine.once("close", resolve));
    socket.disconnect();
    return closed;
  }
}

/** The functions to open a client, by the value of `transport`. */
const TRANSPORTS = { plain: openPlain, socketio: openSocketIo };

module.exports = { TRANSPORTS };
