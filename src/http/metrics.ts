import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Express } from "express";
import { HubError } from "../hub/errors.ts";

/** The source of the answer of `/metrics`. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface MetricsAccess {
  readonly source: MetricsSource;
  /** The bearer token that opens `/metrics` to other machines; absent: only this machine may read it. */
  readonly token: string | undefined;
}

const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;

/** Mounts `/metrics`, for scrapers on this machine and for those with the token. */
export function mountMetrics(app: Express, { source, token }: MetricsAccess): void {
  app.get("/metrics", async (request, response) => {
    if (!isFromHere(request) && !hasToken(request, token)) throw new HubError("forbidden");
    response
      .set("Cache-Control", "no-store")
      .type(source.contentType)
      .send(await source.text());
  });
}

/** Returns true for a request from this machine. A proxied one may be from anywhere. A Unix socket has no address. */
function isFromHere({ headers, socket }: IncomingMessage): boolean {
  if (headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined) return false;
  return socket.remoteAddress === undefined || LOOPBACK.test(socket.remoteAddress);
}

function hasToken({ headers }: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return false;
  const given = Buffer.from(headers.authorization ?? "");
  const expected = Buffer.from(`Bearer ${token}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
