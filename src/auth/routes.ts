import { z } from "zod";
import { defineRoute, type Route } from "../hub/route.ts";
import type { LoginService, Logout } from "./service.ts";
import type { Roles } from "./tokens.ts";

const pair = z.object({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.number().int(),
  refresh_token: z.string(),
});

const user = z.object({ id: z.string(), name: z.string(), phone: z.string(), email: z.string() });

/** The body of a login. The lengths are limited so that no client can have megabytes hashed. */
const credentials = z.object({ phone: z.string().min(1).max(32), password: z.string().min(1).max(256) });

/** Returns the routes for login and refresh, for a hub that signs tokens itself. */
export function loginRoutes(service: LoginService, roles: Roles): Route[] {
  return [
    defineRoute({
      method: "post",
      path: "/api/v2/auth/login",
      summary: "Log in with phone and password",
      credential: "none",
      body: credentials,
      response: pair.extend({ user: user.extend({ role: z.enum(roles) }) }),
      secret: true,
      async handle({ body, address }) {
        const { pair, user } = await service.login({ ...body, address });
        return { ...pair, user };
      },
    }),
    defineRoute({
      method: "post",
      path: "/api/v2/auth/refresh",
      summary: "Exchange a refresh token for a new pair",
      credential: "none",
      body: z.object({ refresh_token: z.string().min(1).max(256) }),
      response: pair,
      secret: true,
      handle: ({ body }) => service.refresh(body.refresh_token),
    }),
  ];
}

/** Returns the route for logout, which takes every access token that the hub accepts. */
export function logoutRoute(logout: Logout): Route {
  return defineRoute({
    method: "post",
    path: "/api/v2/auth/logout",
    summary: "Revoke the access token, end its session and close its sockets",
    credential: "jwt",
    status: 204,
    response: z.object({}),
    secret: true,
    handle: ({ identity }) => logout(identity),
  });
}
