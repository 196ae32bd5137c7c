import { z } from "zod";
import type { Command } from "./commands.ts";
import type { CredentialKind, Identity, Role } from "./identity.ts";

/** A request whose parts the route's schemas have accepted. */
export interface RouteRequest<P, Q, B> {
  readonly identity: Identity;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The client's network address, for limits. */
  readonly address: string;
  /** The command of the request. The handler passes it on to each write, so that a retry changes nothing twice. */
  readonly command: Command;
}

/** An HTTP route as an app declares it. */
export interface RouteDeclaration<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject> {
  readonly method: "get" | "post" | "patch" | "delete";
  /** `{name}` stands for one segment. A slash at the end is optional for clients. */
  readonly path: string;
  /** One line for people. It also appears in the API description. */
  readonly summary: string;
  readonly credential: CredentialKind;
  /** The roles that may call it. Absent: every user with the credential. */
  readonly roles?: readonly Role[];
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Status of success; default 200. */
  readonly status?: 200 | 201 | 204;
  readonly response: z.ZodObject;
  /** True if its answer holds a secret, such as a token, that must not be stored. `Idempotency-Key` is then ignored. */
  readonly secret?: boolean;
  /** Throws a `HubError` to answer with its status as problem+json. */
  readonly handle: (request: RouteRequest<z.output<P>, z.output<Q>, z.output<B>>) => Promise<unknown> | unknown;
}

/** The parts of a request that a route does not declare. */
export type Nothing = z.ZodObject<Record<string, never>>;

/** A route as `http/` mounts it: the declaration with its types closed over. */
export type Route = Omit<RouteDeclaration<z.ZodObject, z.ZodObject, z.ZodObject>, "params" | "query" | "body"> & {
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodObject;
};

/** Declares an HTTP route: its schemas check the request, answer the client's mistakes and describe the API. */
export function defineRoute<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodObject = Nothing,
>(declaration: RouteDeclaration<P, Q, B>): Route {
  const { params = z.object({}), query = z.object({}), body = z.object({}) } = declaration;
  return { ...declaration, params, query, body, handle: declaration.handle as Route["handle"] };
}

/**
 * Returns true if the route takes an `Idempotency-Key`: it changes data, its user is known, and its answer is no
 * secret.
 */
export function takesIdempotencyKey({ method, credential, secret = false }: Route): boolean {
  return method !== "get" && credential !== "none" && !secret;
}

/** A path parameter that is a positive whole number. Any other text is answered with 400. */
export const numericId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
