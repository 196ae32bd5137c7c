import type { Request, Response } from "express";
import { Refusal } from "../hub/disconnects.ts";
import { HubError } from "../hub/errors.ts";
import { ANONYMOUS, type Authenticator, type Identity } from "../hub/identity.ts";
import type { Route } from "../hub/route.ts";
import { challenge } from "./problem.ts";

/**
 * Resolves to the identity of a request, by the credential that the route requires. Rejects with
 * `HubError("unauthenticated")`, after it has set the challenge on the response, or with `HubError("forbidden")` for a
 * role that the route does not admit.
 */
export async function identify(
  authenticator: Authenticator,
  { credential: kind, roles }: Route,
  request: Request,
  response: Response,
): Promise<Identity> {
  const identity = kind === "none" ? ANONYMOUS : await authenticate();
  if (roles && !(identity.role && roles.includes(identity.role))) throw new HubError("forbidden");
  return identity;

  async function authenticate(): Promise<Identity> {
    const credential = kind === "apiKey" ? apiKeyOf(request) : bearerOf(request);
    try {
      return await authenticator.authenticate(kind, credential);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      response.set("WWW-Authenticate", challenge(kind === "apiKey" ? "apiKey" : "jwt", credential !== undefined));
      throw new HubError("unauthenticated", thrown.message);
    }
  }
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.get("Authorization") ?? "")?.[1];
}

/** Returns the API key. The query is for browsers and quick trials; the header takes precedence. */
function apiKeyOf(request: Request): string | undefined {
  const { api_key: inQuery } = request.query;
  return request.get("X-API-Key") || (typeof inQuery === "string" ? inQuery : undefined);
}
