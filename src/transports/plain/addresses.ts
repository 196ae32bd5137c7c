import type { Channel } from "../../hub/channel.ts";
import type { Params } from "../../hub/client.ts";
import type { CredentialKind } from "../../hub/identity.ts";
import { looksLikeJwt } from "../credentials.ts";

/** The channel and the parameters that a URL of plain WebSocket stands for. */
export interface Destination {
  readonly channel: Channel;
  readonly params: Params;
}

export type Resolution =
  | { readonly found: Destination }
  /** No channel is served at the URL; `instead` has the URLs that the client could have meant. */
  | { readonly instead: readonly string[] };

interface Address {
  readonly channel: Channel;
  readonly pattern: RegExp;
  readonly prefixed: boolean;
}

/** Returns a template such as `/ws/events/{eventId}` as a pattern with named groups. */
export function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/\{(\w+)\}/g, "(?<$1>[\\w-]{1,128})")}$`);
}

/**
 * Resolves the URLs of one door: every app under its own name, and those in `apps` at their documented URLs too.
 * `credential` returns the client's credential for a channel. It decides between channels that share a URL.
 */
export function addressBook(channels: readonly Channel[], apps: readonly string[]) {
  const addresses: Address[] = channels.flatMap((channel) => [
    { channel, pattern: patternOf(`/${channel.app}${channel.path}`), prefixed: true },
    ...(apps.includes(channel.app) ? [{ channel, pattern: patternOf(channel.path), prefixed: false }] : []),
  ]);

  return function resolve(path: string, credential: (channel: Channel) => string | undefined): Resolution {
    const trimmed = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
    const matches = addresses.flatMap(({ channel, pattern }) => {
      const match = pattern.exec(trimmed);
      return match ? [{ channel, params: { ...match.groups } }] : [];
    });
    const [only] = matches;
    if (matches.length === 1 && only) return { found: only };
    const chosen = byCredential(matches, credential);
    return chosen ? { found: chosen } : { instead: matches.map(({ channel }) => `/${channel.app}${trimmed}`) };
  };
}

/** Chooses between a channel with JWTs and one with opaque tokens at the same URL, by the kind of the credential. */
function byCredential(
  matches: readonly Destination[],
  credential: (channel: Channel) => string | undefined,
): Destination | undefined {
  const of = (kind: CredentialKind) => matches.filter(({ channel }) => channel.credential === kind);
  const [jwt, ...otherJwts] = of("jwt");
  const [opaque, ...otherOpaques] = of("wsToken");
  if (!jwt || !opaque || otherJwts.length + otherOpaques.length > 0) return undefined;
  return looksLikeJwt(credential(jwt.channel)) ? jwt : opaque;
}
