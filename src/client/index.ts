/** Typed clients of the hub for browsers and Node, over socket.io-client. */
export type { Acknowledgement } from "../hub/dispatch.ts";
export { type ConnectError, type ConnectOptions, connect, type HubSocket, type Listeners } from "./connect.ts";
export type {
  ClientMessages,
  Closing,
  Credentials,
  HubMessages,
  Message,
  Namespace,
  Namespaces,
  Token,
} from "./namespaces.ts";
export { configureJunction } from "./settings.ts";
