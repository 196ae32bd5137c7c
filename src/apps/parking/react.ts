import { baseUrl, connect, type HubSocket, type Message } from "junction-hub/client";
import { append, report, storedToken, type UserHookOptions } from "junction-hub/client/react";
import { useEffect, useState } from "react";

const NAMESPACE = "/parking/notifications";
const RECONNECT_MS = 5_000;

/** A notification or an error of the hub. Fields common to both can be read without a check of the type. */
export type WebSocketMessage =
  | Message<typeof NAMESPACE, "notification">
  | (Message<typeof NAMESPACE, "error"> & { readonly data?: undefined });

export interface ParkingWebSocket {
  readonly isConnected: boolean;
  readonly messages: readonly WebSocketMessage[];
}

/**
 * Subscribes to the user's parking notifications. The JWT is exchanged for a ws token before every attempt. A
 * connection that is lost or refused is tried again after 5 seconds.
 */
export function useWebSocket({ url, token }: UserHookOptions = {}): ParkingWebSocket {
  const [isConnected, setIsConnected] = useState(false);
  const [messages, setMessages] = useState<readonly WebSocketMessage[]>([]);

  useEffect(() => {
    const unmounted = new AbortController();
    let socket: HubSocket<typeof NAMESPACE> | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    void attempt();
    return () => {
      unmounted.abort();
      clearTimeout(retry);
      socket?.disconnect();
    };

    async function attempt(): Promise<void> {
      const wsToken = await getWebSocketToken(url, token ?? storedToken(), unmounted.signal);
      if (unmounted.signal.aborted) return;
      if (wsToken === undefined) return scheduleRetry();
      const opened = connect(NAMESPACE, { token: wsToken, reconnect: false, ...(url !== undefined && { url }) });
      socket = opened;
      opened
        .on("connect", () => {
          setIsConnected(true);
          opened.emit("subscribe", { notification_types: ["reservation", "parking_lot"] });
        })
        .on("notification", (payload) => add({ type: "notification", ...payload }))
        .on("error", (payload) => add({ type: "error", ...payload }))
        .on("connect_error", (error) => {
          report(error);
          scheduleRetry();
        })
        .on("disconnect", () => {
          setIsConnected(false);
          if (!unmounted.signal.aborted) scheduleRetry();
        });
    }

    function scheduleRetry(): void {
      clearTimeout(retry);
      retry = setTimeout(() => void attempt(), RECONNECT_MS);
    }

    function add(message: WebSocketMessage): void {
      setMessages((before) => append(before, message));
    }
  }, [token, url]);

  return { isConnected, messages };
}

/**
 * Resolves to a ws token for the JWT, or `undefined` without a JWT. Also `undefined` when the request fails; the error
 * is logged.
 */
async function getWebSocketToken(
  url: string | undefined,
  jwt: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (jwt === undefined) return undefined;
  try {
    const headers = { Authorization: `Bearer ${jwt}` };
    const response = await fetch(`${baseUrl(NAMESPACE, url)}/api/user/ws-token/`, { headers, signal });
    if (!response.ok) throw new Error(`the hub answered ${response.status}`);
    const { ws_token } = (await response.json()) as { ws_token: string };
    return ws_token;
  } catch (error) {
    if (!signal.aborted) console.error("Failed to get WebSocket token:", error);
    return undefined;
  }
}
