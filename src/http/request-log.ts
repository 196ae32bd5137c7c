import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type HttpLogger, pinoHttp } from "pino-http";
import type { Log } from "../observability/log.ts";
import { HEALTH_PATHS } from "./health.ts";

/** The form of an id that a proxy or client may give a request. Other text could forge or hide lines of the log. */
const ACCEPTABLE_ID = /^[\w-]{1,64}$/;

/**
 * Gives each request an id, which the answer has as `X-Request-Id`. Logs the request when it ends: method, path without
 * the query, status, milliseconds. Headers, queries and bodies are never logged, since all of them may hold
 * credentials.
 */
export function logRequests(log: Log): HttpLogger {
  return pinoHttp({
    logger: log,
    genReqId(request, response) {
      const given = request.headers["x-request-id"];
      const id = typeof given === "string" && ACCEPTABLE_ID.test(given) ? given : randomUUID();
      response.setHeader("X-Request-Id", id);
      return id;
    },
    // Even a quiet logger serializes the whole request; without serializers it takes no time and holds no memory.
    wrapSerializers: false,
    serializers: { req: () => undefined },
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: "requestId", responseTime: "ms" },
    customLogLevel: (request, response) => {
      if (response.statusCode >= 500) return "error";
      return HEALTH_PATHS.some((path) => path === pathOf(request)) ? "debug" : "info";
    },
    customSuccessObject: summary,
    customErrorObject: (request, response, _error, { ms }: { ms: number }) => summary(request, response, { ms }),
    customErrorMessage: () => "request completed",
  });
}

function summary(request: IncomingMessage, response: ServerResponse, { ms }: { ms: number }): object {
  return { method: request.method, path: pathOf(request), status: response.statusCode, ms };
}

/** Returns the path that the client requested. Express shortens `url` while it routes. */
function pathOf(request: IncomingMessage & { originalUrl?: string }): string | undefined {
  return (request.originalUrl ?? request.url)?.split("?", 1)[0];
}
