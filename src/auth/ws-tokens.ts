import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Identity } from "../hub/identity.ts";
import { defineRoute, type Route } from "../hub/route.ts";
import { sha256 } from "./digest.ts";
import type { ExpiringValues } from "./expiring-values.ts";

/** Lifetime of a ws token in seconds. Connections that it has opened stay open afterwards. */
export const WS_TOKEN_SECONDS = 30 * 60;

const TOKEN_BYTES = 32;

/** The stored part of the identity that a token stands for. */
const holderSchema = z.object({
  userId: z.string(),
  role: z.string().optional(),
  email: z.string().optional(),
  credentialId: z.string(),
});

export type WsTokens = ReturnType<typeof createWsTokens>;

/**
 * Creates the ws tokens: opaque, short-lived tokens for sockets whose URL may be visible to others. They are accepted
 * only by channels with that credential. Only their digest is stored, under `ws_token_<sha256 hex>`. Both functions
 * reject as `ExpiringValues` does.
 */
export function createWsTokens(values: ExpiringValues) {
  return {
    /** Issues a token that stands for `identity`. Any number of connections may use it. */
    async issue({ userId, role, email, credentialId }: Identity): Promise<string> {
      const token = randomBytes(TOKEN_BYTES).toString("base64url");
      const holder: z.input<typeof holderSchema> = { userId, role, email, credentialId };
      await values.set(keyOf(token), JSON.stringify(holder), WS_TOKEN_SECONDS * 1000);
      return token;
    },

    /**
     * Returns the identity that a token stands for; `undefined` for an unknown or expired one. The credential id is
     * that of the access token that it was issued for, so that a logout closes the sockets it opened.
     */
    async verify(token: string): Promise<Identity | undefined> {
      const kept = await values.get(keyOf(token));
      if (kept === undefined) return undefined;
      const { userId, role, email, credentialId } = holderSchema.parse(JSON.parse(kept));
      return { userId, role, email, credentialId, expiresAt: undefined };
    },
  };
}

function keyOf(token: string): string {
  return `ws_token_${sha256(token)}`;
}

/** Returns the route `GET /api/user/ws-token/`, which exchanges an access token for a ws token. */
export function wsTokenRoute(tokens: WsTokens): Route {
  return defineRoute({
    method: "get",
    path: "/api/user/ws-token/",
    summary: "A token that opens WebSocket connections for the user, for 30 minutes",
    credential: "jwt",
    response: z.object({ ws_token: z.string(), expires_in: z.number().int() }),
    handle: async ({ identity }) => ({ ws_token: await tokens.issue(identity), expires_in: WS_TOKEN_SECONDS }),
  });
}
