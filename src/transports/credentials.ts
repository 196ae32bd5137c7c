import type { IncomingHttpHeaders } from "node:http";
import { parse as parseCookies } from "cookie";
import type { Channel } from "../hub/channel.ts";

/** The parts of a request, on either transport, that may hold a credential. */
export interface Handshake {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** The `auth` object of a Socket.IO client. */
  readonly auth?: Readonly<Record<string, unknown>>;
}

/** The subprotocol that the server selects when a client offers it. */
export const SUBPROTOCOL = "hub.v1";
const BEARER_PROTOCOL = "bearer.";

type CredentialRules = Pick<Channel, "credential" | "cookie">;

/**
 * Returns the credential that a channel requires, from the first place that has one: Socket.IO's `auth` (the only one
 * for this namespace alone), the header, the subprotocol list, the query, the channel's cookie.
 */
export function credentialFrom({ headers, query, auth }: Handshake, channel: CredentialRules): string | undefined {
  if (channel.credential === "none") return undefined;
  const isKey = channel.credential === "apiKey";
  return (
    text(isKey ? auth?.apiKey : auth?.token) ??
    (isKey ? text(headers["x-api-key"]) : undefined) ??
    bearer(headers.authorization) ??
    fromSubprotocols(headers["sec-websocket-protocol"]) ??
    text(query.get(isKey ? "api_key" : "token")) ??
    fromCookie(headers, channel.cookie)
  );
}

/** Returns true for three parts of base64url. That separates a JWT from an opaque token; it verifies nothing. */
export function looksLikeJwt(credential: string | undefined): boolean {
  return credential !== undefined && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(credential);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function bearer(header: string | undefined): string | undefined {
  return text(/^Bearer +(\S+)$/i.exec(header ?? "")?.[1]);
}

function fromSubprotocols(header: string | undefined): string | undefined {
  const offered = (header ?? "").split(",").map((part) => part.trim());
  return text(offered.find((part) => part.startsWith(BEARER_PROTOCOL))?.slice(BEARER_PROTOCOL.length));
}

/**
 * Returns the credential in the cookie `name`. A browser sends cookies along with any page's socket, so the cookie
 * counts only if the `Origin` is this host or absent. The port is ignored, as it is for cookies.
 */
function fromCookie(headers: IncomingHttpHeaders, name: string | undefined): string | undefined {
  if (name === undefined || headers.cookie === undefined) return undefined;
  const { origin, host } = headers;
  if (origin !== undefined && (hostname(origin) ?? "") !== hostname(`http://${host}`)) return undefined;
  return text(parseCookies(headers.cookie)[name]);
}

function hostname(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
