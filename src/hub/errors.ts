/**
 * The catalogue of errors: the answers to a client whose connection stays open.
 *
 * Each row has all its wire forms: the `code` of an acknowledgement, the HTTP status, and the default text.
 * `docs/protocol.md` lists the same rows, and a test compares the two.
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

/** An error for the client. Its text reaches the wire, so it never holds a secret. */
export class HubError extends Error {
  readonly code: ErrorCode;
  /** The room that the error is about, for documents whose error message names it. */
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

/** Returns true if a thrown value is a `HubError` of this code. */
export function isError(thrown: unknown, code: ErrorCode): thrown is HubError {
  return thrown instanceof HubError && thrown.code === code;
}

/**
 * Makes a thrown value an error for the client. Any value that is no `HubError` becomes `internal`, and its text stays
 * private.
 */
export function toHubError(thrown: unknown): HubError {
  return thrown instanceof HubError ? thrown : new HubError("internal");
}
