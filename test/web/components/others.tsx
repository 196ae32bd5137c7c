import { useStationWebSocket, useUserNotifications } from "junction-hub/client/react/battery";
import { useWebSocket } from "junction-hub/client/react/bookings";
import { useEventWebSocket } from "junction-hub/client/react/events";

/** For the hooks whose documents show no component. */
export function UserNotifications() {
  const notifications = useUserNotifications();
  return (
    <ul>
      {notifications.map((data) => (
        <li key={data.timestamp + data.type} className={data.type}>
          {data.message} {"booking_id" in data ? `(${data.booking_id})` : data.level}
        </li>
      ))}
    </ul>
  );
}

export function Booking({ bookingId, ticketId }: { bookingId: string; ticketId: string }) {
  const { status, messages } = useWebSocket(bookingId, { ticketId });
  return (
    <div>
      <p>Status: {status === "" ? "unknown" : status}</p>
      <ul>
        {messages.map(({ id, message }) => (
          <li key={id}>{message}</li>
        ))}
      </ul>
    </div>
  );
}

export function Seats({ eventId, token }: { eventId: number; token: string }) {
  const { isConnected, seatData, lastUpdate } = useEventWebSocket(eventId, token);
  return (
    <div>
      <p>{isConnected ? "Live" : "Not live"}</p>
      {seatData && (
        <p>
          {seatData.availableSeats} of {seatData.seatCapacity ?? "?"} seats, {lastUpdate?.toISOString()}
        </p>
      )}
    </div>
  );
}

const renders: string[] = [];

/** Shows everything that was ever rendered, as `station:available`. */
export function StationLog({ stationId }: { stationId: number }) {
  const { inventory } = useStationWebSocket(stationId);
  renders.push(`${stationId}:${inventory?.available ?? "none"}`);
  return <p>{[...new Set(renders)].join(" ")}</p>;
}
