import type { IncomingHttpHeaders } from "node:http";
import { parse as parseCookies } from "cookie";
import type { Channel } from "../hub/channel.ts";

/** What a client brought along, on either door. */
export interface Handshake {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** The `auth` object of a Socket.IO client. */
  readonly auth?: Readonly<Record<string, unknown>>;
}

/** The subprotocol that the server selects when a client offers it. */
export const SUBPROTOCOL = "hub.v1";
const BEARER_PROTOCOL = "bearer.";

type Asks = Pick<Channel, "credential" | "cookie">;

/**
 * The credential that a channel asks for, from the first place that has one: Socket.IO's `auth` (the only one that is
 * meant for this namespace alone), the header, the subprotocol list, the query, the channel's cookie.
 */
export function credentialFrom({ headers, query, auth }: Handshake, channel: Asks): string | undefined {
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

/** Three parts of base64url: enough to tell a JWT from an opaque token, not to believe it. */
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
 * A browser sends cookies along with any page's socket, so one counts only for pages of this host (or for no page at
 * all). The port makes no difference, as it makes none for cookies.
 */
function fromCookie(headers: IncomingHttpHeaders, name: string | undefined): string | undefined {
  if (name === undefined || headers.cookie === undefined) return undefined;
  const { origin, host } = headers;
  if (origin !== undefined && hostname(origin) !== hostname(`http://${host}`)) return undefined;
  return text(parseCookies(headers.cookie)[name]);
}

function hostname(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
