/**
 * The catalogue of errors: what is answered to a client whose connection stays open.
 *
 * Each row carries all its wire forms: the `code` of an acknowledgement, the HTTP status, and the text that is used
 * when the thrower gives none. `docs/protocol.md` lists the same rows, and a test compares the two.
 */
export const ERRORS = {
  invalid_json: { status: 400, message: "Invalid JSON" },
  invalid_message: { status: 400, message: "Invalid message format" },
  unknown_type: { status: 400, message: "Unknown message type" },
  invalid_field: { status: 400, message: "Invalid message format" },
  unauthenticated: { status: 401, message: "Authentication required" },
  forbidden: { status: 403, message: "Not allowed" },
  not_found: { status: 404, message: "Not found" },
  conflict: { status: 409, message: "Conflict with the current state" },
  too_large: { status: 413, message: "Message too big" },
  command_differs: { status: 422, message: "This Idempotency-Key or id was used for something else" },
  rate_limited: { status: 429, message: "Too many requests" },
  internal: { status: 500, message: "Internal error" },
  unavailable: { status: 503, message: "Temporarily unavailable, try again" },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error that is meant for the client: its text reaches the wire, so it never holds a secret. */
export class HubError extends Error {
  readonly code: ErrorCode;
  /** The room the error is about, for documents whose error message names it. */
  readonly room: string | undefined;

  constructor(code: ErrorCode, message: string = ERRORS[code].message, room?: string) {
    super(message);
    this.name = "HubError";
    this.code = code;
    this.room = room;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** Tells whether what was thrown is a `HubError` of this code. */
export function isError(thrown: unknown, code: ErrorCode): thrown is HubError {
  return thrown instanceof HubError && thrown.code === code;
}

/** Anything thrown, as an error that may be shown: what is not a `HubError` becomes `internal`, its text kept private. */
export function toHubError(thrown: unknown): HubError {
  return thrown instanceof HubError ? thrown : new HubError("internal");
}
