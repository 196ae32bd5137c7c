import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Express } from "express";
import { HubError } from "../hub/errors.ts";

/** What `/metrics` answers. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface MetricsAccess {
  readonly source: MetricsSource;
  /** Opens `/metrics` to whoever shows it as a bearer token; absent: to this machine alone. */
  readonly token: string | undefined;
}

const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;

/** `/metrics`, for scrapers on this machine and for those with the token. */
export function mountMetrics(app: Express, { source, token }: MetricsAccess): void {
  app.get("/metrics", async (request, response) => {
    if (!isFromHere(request) && !shows(request, token)) throw new HubError("forbidden");
    response
      .set("Cache-Control", "no-store")
      .type(source.contentType)
      .send(await source.text());
  });
}

/** What a proxy passes on is from anywhere, whatever address the proxy has. A Unix socket has none. */
function isFromHere({ headers, socket }: IncomingMessage): boolean {
  if (headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined) return false;
  return socket.remoteAddress === undefined || LOOPBACK.test(socket.remoteAddress);
}

function shows({ headers }: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return false;
  const shown = Buffer.from(headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return shown.length === wanted.length && timingSafeEqual(shown, wanted);
}
