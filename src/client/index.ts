/**
 * Building blocks for clients of a hub, for browsers and Node, over socket.io-client; generic in the hub's namespaces.
 */
export type { Acknowledgement } from "../hub/dispatch.ts";
export {
  type Connect,
  type ConnectError,
  type ConnectOptions,
  createConnect,
  type HubSocket,
  type Listeners,
} from "./connect.ts";
export type { ClientMessages, Closing, Credentials, Declared, HubMessages, Message, Token } from "./namespaces.ts";
export { baseUrl, configureJunction, type Ports } from "./settings.ts";
