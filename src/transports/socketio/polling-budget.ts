import type { Socket as EngineSocket } from "engine.io";
import { DISCONNECTS } from "../../hub/disconnects.ts";
import { type ConnectionInternals, connectionInternals } from "../internals.ts";
import { conflate } from "../writing/backlog.ts";
import { CLOSE_TIMEOUT_MS } from "../writing/coalesced-socket.ts";
import type { CoalescingOptions, Marks } from "../writing/frame.ts";

/**
 * Limits the buffer of a polling client, which has no socket that could fill up: messages wait in the engine's buffer
 * until it fetches them. The same budget holds there, with the same consequences, until it upgrades to a WebSocket.
 */
export function limitPolling(
  connection: EngineSocket,
  { budgetBytes, watch }: Pick<CoalescingOptions, "budgetBytes" | "watch">,
): void {
  if (connection.transport.name !== "polling") return;
  const internals = connectionInternals(connection);
  const write = internals.write.bind(connection);
  let waiting = 0;

  internals.write = (data, options, callback) => {
    if (waiting + data.length > budgetBytes) {
      internals.writeBuffer = conflate(internals.writeBuffer, marksOf, watch.dropped);
      waiting = internals.writeBuffer.reduce((sum, packet) => sum + (packet.data?.length ?? 0), 0);
      if (options?.wsPreEncodedFrame?.delivery === "volatile") return watch.dropped("volatile", 1);
      if (waiting + data.length <= budgetBytes) watch.slow("conflated");
      if (waiting + data.length > budgetBytes) return overload();
    }
    // Counted before it is written, since writing may flush it.
    waiting += data.length;
    write(data, options, callback);
  };
  connection.on("flush", forget);
  connection.once("upgrade", lift);

  function forget(): void {
    waiting = 0;
  }

  function lift(): void {
    internals.write = write;
    connection.off("flush", forget);
  }

  /** Closes the client. The close message waits for its next request, for `CLOSE_TIMEOUT_MS` at most. */
  function overload(): void {
    watch.slow("closed");
    lift();
    internals.writeBuffer = [];
    connection.emit("ending", DISCONNECTS.overloaded.code, DISCONNECTS.overloaded.reason);
    connection.close();
    setTimeout(() => connection.close(true), CLOSE_TIMEOUT_MS).unref();
  }
}

function marksOf({ options }: ConnectionInternals["writeBuffer"][number]): Marks {
  return options?.wsPreEncodedFrame ?? {};
}
