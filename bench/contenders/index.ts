import { centrifugo } from "./centrifugo.ts";
import type { Contender } from "./contender.ts";
import { djangoChannels } from "./django-channels.ts";
import { nchan } from "./nchan.ts";
import { nodeContender } from "./node-contender.ts";

const JUNCTION = "one worker as npm start runs it, all apps; embedded database; no requests logged";
const TRANSPORTS = { plain: "plain WebSocket", socketio: "Socket.IO" };

/** Returns Junction on a transport; `coalesceMs` is absent for its default. */
function junction(transport: keyof typeof TRANSPORTS, coalesceMs?: number): Contender {
  const isDefault = coalesceMs === undefined;
  const window = isDefault ? "" : `, ${coalesceMs === 0 ? "no window" : `${coalesceMs} ms`}`;
  return nodeContender({
    title: `Junction, ${TRANSPORTS[transport]}${window}`,
    settings: `${JUNCTION}; ${isDefault ? "default window" : `coalesceMs ${coalesceMs}`}`,
    file: "junction.ts",
    protocol: `junction-${transport}`,
    ...(!isDefault && { options: { coalesceMs } }),
  });
}

/** The contenders, by name. */
export const CONTENDERS = {
  "junction-plain": junction("plain"),
  "junction-plain-2ms": junction("plain", 2),
  "junction-plain-0ms": junction("plain", 0),
  "junction-socketio-0ms": junction("socketio", 0),
  "junction-socketio": junction("socketio"),
  "junction-socketio-2ms": junction("socketio", 2),
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

/** Contenders that publish into rooms from a Node program, with a ticker of their own. */
export const IN_NODE = [
  "junction-plain",
  "junction-plain-2ms",
  "junction-socketio",
  "junction-socketio-2ms",
  "socketio",
  "ws",
  "ws-joined",
] as const satisfies ContenderName[];

/** Contenders that publish into rooms. */
export const BROADCASTERS: readonly ContenderName[] = [...IN_NODE, "nchan", "django-channels", "centrifugo"];

export function contenderOf(name: ContenderName): Contender {
  return CONTENDERS[name];
}
