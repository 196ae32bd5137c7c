/**
 * The public face for apps: all that an app imports to declare itself. A server starts it; see docs/adding-an-app.md.
 */
export { z } from "zod";
export { type App, type AppDeps, type DemoUserId, defineApp, type OpenCollection, type ToMessage } from "./app.ts";
export {
  type AppChannel,
  type Channel,
  type ChannelLimits,
  defineChannel,
  type HandlerResult,
  type InboundTypes,
  type RetentionSettings,
} from "./hub/channel.ts";
export type { Client, Params } from "./hub/client.ts";
export { type Clock, timestamp } from "./hub/clock.ts";
export type { Command } from "./hub/commands.ts";
export type { Joining, Resumed } from "./hub/delivering.ts";
export { type DisconnectName, Refusal } from "./hub/disconnects.ts";
export { type ErrorCode, HubError, isError, toHubError } from "./hub/errors.ts";
export type { CredentialKind, Identity, Role } from "./hub/identity.ts";
export { idOf } from "./hub/ids.ts";
export type { Limits } from "./hub/limits.ts";
export { type Message, type Publisher, publisher } from "./hub/message.ts";
export { type DeliveryClass, latest, log, type Outbound, type OutboundTypes, reply, volatile } from "./hub/outbound.ts";
export { type JoinedRoom, joinAll, resumed, since, sinceGiven } from "./hub/resume.ts";
export { defineRoute, numericId, type Route, type RouteDeclaration, type RouteRequest } from "./hub/route.ts";
export type { Snapped, Snapshot } from "./hub/snapshot.ts";
export type {
  Change,
  Collection,
  Document,
  Ensured,
  IndexDeclaration,
  PlainChange,
  Query,
} from "./store/collection.ts";
export type { LogEntry, RoomName } from "./store/log.ts";
