import type { ErrorCode } from "./errors.ts";

/**
 * The catalogue of disconnects: the reasons for which the hub closes a connection.
 *
 * A plain client gets `code` and `reason` in the close frame. A Socket.IO client gets them in `closing`, or in the
 * `data` of a `connect_error` when it was not admitted. `error` acknowledges the message that caused the disconnect.
 * `status` answers an upgrade that is refused over HTTP. `docs/protocol.md` lists the same rows, and a test compares
 * the two.
 */
export const DISCONNECTS = {
  idle: { code: 1000, error: "unavailable", status: 408, reason: "Idle" },
  draining: { code: 1001, error: "unavailable", status: 503, reason: "Draining" },
  binary: { code: 1003, error: "invalid_message", status: 415, reason: "Binary Not Supported" },
  authentication_required: { code: 1008, error: "unauthenticated", status: 403, reason: "Authentication Required" },
  invalid_token: { code: 1008, error: "unauthenticated", status: 403, reason: "Invalid Token" },
  invalid_api_key: { code: 1008, error: "unauthenticated", status: 403, reason: "Invalid API Key" },
  token_expired: { code: 1008, error: "unauthenticated", status: 403, reason: "Token Expired" },
  token_revoked: { code: 1008, error: "unauthenticated", status: 403, reason: "Token Revoked" },
  not_found: { code: 1008, error: "not_found", status: 404, reason: "Not Found" },
  too_many_connections: { code: 1008, error: "rate_limited", status: 429, reason: "Too Many Connections" },
  rate_limited: { code: 1008, error: "rate_limited", status: 429, reason: "Rate Limit Exceeded" },
  too_big: { code: 1009, error: "too_large", status: 413, reason: "Message Too Big" },
  internal: { code: 1011, error: "internal", status: 500, reason: "Internal Error" },
  overloaded: { code: 1013, error: "unavailable", status: 503, reason: "Overloaded" },
} as const satisfies Record<string, { code: number; error: ErrorCode; status: number; reason: string }>;

export type DisconnectName = keyof typeof DISCONNECTS;

/**
 * An error that closes a connection, or keeps it from opening. The client gets the document's error message, then the
 * close.
 */
export class Refusal extends Error {
  readonly disconnect: DisconnectName;

  /** Makes a refusal. `message` is the text of the error message before the close. Default: the reason. */
  constructor(disconnect: DisconnectName, message: string = DISCONNECTS[disconnect].reason) {
    super(message);
    this.name = "Refusal";
    this.disconnect = disconnect;
  }
}
