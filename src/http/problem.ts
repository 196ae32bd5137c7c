import { STATUS_CODES } from "node:http";
import type { NextFunction, Request, Response } from "express";
import { ERRORS, type ErrorCode, HubError, toHubError } from "../hub/errors.ts";
import type { Log } from "../observability/log.ts";

/** Errors that only HTTP has. All others are in the hub's own catalogue. */
export const HTTP_ERRORS = {
  method_not_allowed: { status: 405, message: "This path does not take that method" },
  unsupported_media_type: { status: 415, message: "The body must be application/json" },
} as const satisfies Record<string, { status: number; message: string }>;

export class HttpError extends Error {
  readonly code: keyof typeof HTTP_ERRORS;

  constructor(code: keyof typeof HTTP_ERRORS) {
    super(HTTP_ERRORS[code].message);
    this.name = "HttpError";
    this.code = code;
  }

  get status(): number {
    return HTTP_ERRORS[this.code].status;
  }
}

/** An RFC 9457 problem. `type` stands for no page to look up; programs read `code`. */
export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode | keyof typeof HTTP_ERRORS;
  /** The id of the request, which is also in the log. */
  readonly instance: string;
}

/** Seconds after which a repeated request makes sense, by status. */
const RETRY_AFTER: Readonly<Record<number, string>> = {
  [ERRORS.rate_limited.status]: "60",
  [ERRORS.unavailable.status]: "5",
};

/**
 * Returns the last handler, which answers every thrown error as `application/problem+json`. An unexpected error becomes
 * a 500 without details, and is logged with the id of the request.
 */
export function answerProblems(log: Log) {
  return (thrown: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const instance = String(request.id);
    const error = clientError(thrown);
    if (error.code === "internal") log.error({ requestId: instance, err: thrown }, "request failed");
    const { status, code, message } = error;
    const problem: Problem = {
      type: "about:blank",
      title: STATUS_CODES[status] ?? "Error",
      status,
      detail: message,
      code,
      instance,
    };
    const retryAfter = RETRY_AFTER[status];
    if (retryAfter) response.set("Retry-After", retryAfter);
    if (status === 401 && !response.get("WWW-Authenticate")) response.set("WWW-Authenticate", challenge("jwt"));
    response.status(status).type("application/problem+json").send(JSON.stringify(problem));
  };
}

/** Returns the `WWW-Authenticate` of a 401; `refused` is true when a credential was given but is not valid. */
export function challenge(kind: "jwt" | "apiKey", refused = false): string {
  if (kind === "apiKey") return 'ApiKey realm="junction"';
  return refused ? 'Bearer realm="junction", error="invalid_token"' : 'Bearer realm="junction"';
}

function clientError(thrown: unknown): HubError | HttpError {
  if (thrown instanceof HttpError) return thrown;
  // Express throws it for a path parameter with a broken percent escape.
  if (thrown instanceof URIError) return new HubError("invalid_field", "The path is not properly encoded");
  return toHubError(thrown);
}
