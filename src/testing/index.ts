/** A kit for specs of apps: a hub in this process, clients of each transport, and a manual clock. */
export {
  type Ended,
  type Payload,
  plain,
  polling,
  socketIo,
  type Target,
  type TestClient,
  type Transport,
  transports,
} from "./client.ts";
export { type Answer, type HubSettings, type Somebody, startHub, type TestHub, testSecret } from "./hub.ts";
export { idle, ManualClock } from "./manual-clock.ts";
