import { useWebSocket } from "junction-hub/client/react/parking";
import type React from "react";

export const NotificationCenter: React.FC = () => {
  const { isConnected, messages } = useWebSocket();

  return (
    <div className="notification-center">
      <div className="connection-status">Status: {isConnected ? "Connected" : "Disconnected"}</div>

      <div className="notifications">
        {messages.map((msg, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: as the document has it
          <div key={index} className={`notification ${msg.type}`}>
            <h4>{msg.message}</h4>
            {msg.data && <pre>{JSON.stringify(msg.data, null, 2)}</pre>}
          </div>
        ))}
      </div>
    </div>
  );
};
