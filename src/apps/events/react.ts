import { connect } from "junction-hub/client";
import { type HookOptions, report, useStateOf } from "junction-hub/client/react";
import { useEffect, useState } from "react";

export interface SeatData {
  readonly availableSeats: number;
  /** Set from the first `seat_update` on. */
  readonly seatCapacity: number | undefined;
}

export interface EventWebSocket {
  readonly isConnected: boolean;
  readonly seatData: SeatData | null;
  /** The time of the last message about the seats. */
  readonly lastUpdate: Date | null;
}

/** Subscribes to the seats of an event. Without an event or a token (the user's JWT) it opens no connection. */
export function useEventWebSocket(
  eventId: number | string | null | undefined,
  token: string | null | undefined,
  { url }: HookOptions = {},
): EventWebSocket {
  const [isConnected, setIsConnected] = useState(false);
  const [seatData, setSeatData] = useStateOf<SeatData | null>(eventId, null);
  const [lastUpdate, setLastUpdate] = useStateOf<Date | null>(eventId, null);

  useEffect(() => {
    if (!token || !eventId) return;
    const socket = connect(`/events/${Number(eventId)}`, { token, ...(url !== undefined && { url }) });
    const booked = ({ availableSeats, timestamp }: { availableSeats: number; timestamp: string }): void => {
      setSeatData((before) => ({ availableSeats, seatCapacity: before?.seatCapacity }));
      setLastUpdate(new Date(timestamp));
    };
    socket
      .on("connect", () => setIsConnected(true))
      .on("disconnect", () => setIsConnected(false))
      .on("connect_error", report)
      .on("booking_created", booked)
      .on("booking_cancelled", booked)
      .on("seat_update", ({ availableSeats, seatCapacity, timestamp }) => {
        setSeatData({ availableSeats, seatCapacity });
        setLastUpdate(new Date(timestamp));
      });
    return () => {
      socket.disconnect();
    };
  }, [eventId, token, url, setSeatData, setLastUpdate]);

  return { isConnected, seatData, lastUpdate };
}
