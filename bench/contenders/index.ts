import { centrifugo } from "./centrifugo.ts";
import type { Contender } from "./contender.ts";
import { djangoChannels } from "./django-channels.ts";
import { nchan } from "./nchan.ts";
import { nodeContender } from "./node-contender.ts";

const JUNCTION = "one worker as npm start runs it, all apps; embedded database; no requests logged";
const WINDOW_MS = 2;

/** What is measured, by name. */
export const CONTENDERS = {
  "junction-plain": nodeContender({
    title: "Junction, plain WebSocket",
    settings: `${JUNCTION}; default window`,
    file: "junction.ts",
    protocol: "junction-plain",
  }),
  "junction-plain-2ms": nodeContender({
    title: "Junction, plain WebSocket, 2 ms",
    settings: `${JUNCTION}; coalesceMs ${WINDOW_MS}`,
    file: "junction.ts",
    protocol: "junction-plain",
    options: { coalesceMs: WINDOW_MS },
  }),
  "junction-plain-0ms": nodeContender({
    title: "Junction, plain WebSocket, no window",
    settings: `${JUNCTION}; coalesceMs 0`,
    file: "junction.ts",
    protocol: "junction-plain",
    options: { coalesceMs: 0 },
  }),
  "junction-socketio-0ms": nodeContender({
    title: "Junction, Socket.IO, no window",
    settings: `${JUNCTION}; coalesceMs 0`,
    file: "junction.ts",
    protocol: "junction-socketio",
    options: { coalesceMs: 0 },
  }),
  "junction-socketio": nodeContender({
    title: "Junction, Socket.IO",
    settings: `${JUNCTION}; default window`,
    file: "junction.ts",
    protocol: "junction-socketio",
  }),
  "junction-socketio-2ms": nodeContender({
    title: "Junction, Socket.IO, 2 ms",
    settings: `${JUNCTION}; coalesceMs ${WINDOW_MS}`,
    file: "junction.ts",
    protocol: "junction-socketio",
    options: { coalesceMs: WINDOW_MS },
  }),
  socketio: nodeContender({
    title: "Socket.IO",
    settings:
      "defaults; one emit per message; between workers @socket.io/redis-adapter's createAdapter with its defaults",
    file: "socketio.ts",
    protocol: "socketio",
  }),
  ws: nodeContender({
    title: "ws, one write per message",
    settings: "defaults; the text is made once per message, then client.send(text) for each member; no heartbeat",
    file: "ws.ts",
    protocol: "ws",
  }),
  "ws-joined": nodeContender({
    title: "ws, frames joined (the limit)",
    settings:
      "the frames of a tick are built and joined once and written once to each member's TCP socket; no heartbeat",
    file: "ws-joined.ts",
    protocol: "ws",
  }),
  nchan,
  "django-channels": djangoChannels,
  centrifugo,
  "junction-bookings": nodeContender({
    title: "Junction, group commit",
    settings: JUNCTION,
    file: "junction.ts",
    protocol: "junction-plain",
  }),
  "junction-bookings-one-at-a-time": nodeContender({
    title: "Junction, without group commit",
    settings: `${JUNCTION}; its store is given one change of a document at a time`,
    file: "junction.ts",
    protocol: "junction-plain",
    options: { oneAtATime: true },
  }),
  "junction-log": nodeContender({
    title: "Junction, class log",
    settings: `${JUNCTION}, on two workers`,
    file: "junction.ts",
    protocol: "junction-notes",
    variant: "entry",
  }),
  "junction-volatile": nodeContender({
    title: "Junction, class volatile",
    settings: `${JUNCTION}, on two workers`,
    file: "junction.ts",
    protocol: "junction-notes",
    variant: "note",
  }),
} as const satisfies Record<string, Contender>;

export type ContenderName = keyof typeof CONTENDERS;

/** Those that publish into rooms in a Node program, by a ticker of their own. */
export const IN_NODE = [
  "junction-plain",
  "junction-plain-2ms",
  "junction-socketio",
  "junction-socketio-2ms",
  "socketio",
  "ws",
  "ws-joined",
] as const satisfies ContenderName[];

/** Those that publish into rooms. */
export const BROADCASTERS: readonly ContenderName[] = [...IN_NODE, "nchan", "django-channels", "centrifugo"];

export function contenderOf(name: ContenderName): Contender {
  return CONTENDERS[name];
}
