import { connect, type HubMessages } from "junction-hub/client";
import { append, report, storedToken, type UserHookOptions, useStateOf } from "junction-hub/client/react";
import { useEffect } from "react";

type Messages = HubMessages<"/bookings">;
export type BookingStatus = Messages["status_update"]["status"];
export type SupportMessage = Messages["message"]["message"];

export interface BookingHookOptions extends UserHookOptions {
  /** The support ticket whose messages are returned. A booking's room has no messages. */
  readonly ticketId?: string;
}

export interface BookingWebSocket {
  /** Empty until the status changes. */
  readonly status: BookingStatus | "";
  readonly messages: readonly SupportMessage[];
}

/** Subscribes to the status of a booking. Without a booking or a token it opens no connection. */
export function useWebSocket(bookingId?: string, { url, token, ticketId }: BookingHookOptions = {}): BookingWebSocket {
  const [status, setStatus] = useStateOf<BookingStatus | "">(bookingId, "");
  const [messages, setMessages] = useStateOf<readonly SupportMessage[]>(ticketId, []);

  useEffect(() => {
    const currentToken = (): string | undefined => token ?? storedToken();
    if (!currentToken() || !bookingId) return;
    const socket = connect("/bookings", { token: currentToken, ...(url !== undefined && { url }) });
    socket
      .on("connect", () => {
        socket.emit("join", { room: `booking:${bookingId}` });
        if (ticketId) socket.emit("join", { room: `support:${ticketId}` });
      })
      .on("connect_error", report)
      .on("error", report)
      // A customer gets the updates of all of their bookings.
      .on("status_update", (update) => {
        if (update.bookingId === bookingId) setStatus(update.status);
      })
      .on("message", ({ message }) => setMessages((before) => append(before, message)));
    return () => {
      socket.disconnect();
    };
  }, [bookingId, ticketId, token, url, setStatus, setMessages]);

  return { status, messages };
}
