import type { Channel } from "../../hub/channel.ts";
import type { Transport } from "./asyncapi-messages.ts";

/** The ways to send a credential. The description of a channel names those that it takes. */
export const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
  tokenInQuery: {
    type: "httpApiKey",
    in: "query",
    name: "token",
    description: "For browsers, which cannot set headers",
  },
  tokenInAuth: { type: "apiKey", in: "password", description: "Socket.IO: auth: { token }" },
  apiKey: { type: "httpApiKey", in: "header", name: "X-API-Key" },
  apiKeyInQuery: {
    type: "httpApiKey",
    in: "query",
    name: "api_key",
    description: "For browsers, which cannot set headers",
  },
  apiKeyInAuth: { type: "apiKey", in: "password", description: "Socket.IO: auth: { apiKey }" },
} as const satisfies Record<string, object>;

/** Returns the cookies that channels take a credential from, as schemes. */
export function cookieSchemes(channels: readonly Channel[]): Record<string, object> {
  const names = new Set(channels.flatMap(({ cookie }) => cookie ?? []));
  const scheme = { type: "httpApiKey", in: "cookie", description: "From pages of the same host" };
  return Object.fromEntries([...names].map((name) => [cookieScheme(name), { ...scheme, name }]));
}

function cookieScheme(name: string): string {
  return `cookie.${name}`;
}

/** Returns the alternatives of a channel's `security`; none for a channel that requires no credential. */
export function securityOf({ credential, cookie }: Channel, transport: Transport): { security?: { $ref: string }[] } {
  if (credential === "none") return {};
  const names: string[] = credential === "apiKey" ? ["apiKey", "apiKeyInQuery"] : ["bearer", "tokenInQuery"];
  if (cookie !== undefined) names.push(cookieScheme(cookie));
  if (transport === "socketio") names.unshift(credential === "apiKey" ? "apiKeyInAuth" : "tokenInAuth");
  return { security: names.map((name) => ({ $ref: `#/components/securitySchemes/${name}` })) };
}

/** Returns the query of a plain WebSocket's handshake, if the channel requires a credential. */
export function credentialBindings({ credential }: Channel): { bindings?: Record<string, object> } {
  if (credential === "none") return {};
  const name = credential === "apiKey" ? "api_key" : "token";
  const query = { type: "object", properties: { [name]: { type: "string" } } };
  return { bindings: { ws: { query, bindingVersion: "0.1.0" } } };
}

const CREDENTIALS = {
  none: "Open to anybody.",
  jwt: "With a JWT.",
  apiKey: "With an API key.",
  wsToken: "With a ws token.",
} as const satisfies Record<Channel["credential"], string>;

/** Describes the rules of a channel in words: its credential, its refusal, and its limits. */
export function rulesOf({ credential, refuse, envelope, limits }: Channel, transport: Transport): string {
  const { connectionsPerCredential, messages = {}, idleMs } = limits ?? {};
  const sentences: string[] = [CREDENTIALS[credential]];
  if (credential !== "none") sentences.push(refusal());
  if (transport === "plain" && envelope === "data") sentences.push("All fields but the type are in data.");
  if (connectionsPerCredential !== undefined) {
    sentences.push(`At most ${connectionsPerCredential} connections at once with one credential.`);
  }
  for (const [type, { max, windowMs }] of Object.entries(messages)) {
    sentences.push(
      `At most ${max} ${type} messages in ${windowMs / 1000} seconds on one connection; one more ends it.`,
    );
  }
  if (idleMs !== undefined) sentences.push(`Closed after ${idleMs / 1000} seconds without a message from the client.`);
  return sentences.join(" ");

  function refusal(): string {
    if (transport === "socketio") return "Without a good one: connect_error with data { code, reason }.";
    if (refuse === "http") return "Without a good one the upgrade is answered 403.";
    return "Without a good one: the error message, then close code 1008.";
  }
}
