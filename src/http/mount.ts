import type { Express } from "express";
import type { z } from "zod";
import type { Command, Commands } from "../hub/commands.ts";
import { HubError } from "../hub/errors.ts";
import type { Authenticator } from "../hub/identity.ts";
import type { Route } from "../hub/route.ts";
import { readBody } from "./body.ts";
import { identify } from "./credential.ts";
import { runOnce } from "./idempotency.ts";

/**
 * Mounts declared routes. The steps of a request are credential, role, params, query, body, handler, response. A
 * request that is repeated under its `Idempotency-Key` skips the handler. A step that fails throws the error that the
 * client gets.
 */
export function mountRoutes(
  app: Express,
  routes: readonly Route[],
  authenticator: Authenticator,
  commands: Commands,
): void {
  for (const route of routes) {
    app[route.method](expressPath(route.path), async (request, response) => {
      response.set("Cache-Control", "no-store");
      const identity = await identify(authenticator, route, request, response);
      const params = check(route.params, request.params, "path");
      const query = check(route.query, request.query, "query");
      const body = check(route.body, route.method === "get" ? {} : await readBody(request, response), "body");
      const input = { identity, params, query, body, address: addressOf(request.ip) };
      const status = route.status ?? 200;
      const handle = async (command: Command): Promise<unknown> => {
        const result = await route.handle({ ...input, command });
        // Parsing strips every field that the schema does not declare, so that no private field is sent.
        return status === 204 ? undefined : route.response.parse(result);
      };

      const answer = await runOnce(commands, route, input, request, response, handle);
      if (status === 204) response.status(status).end();
      else response.status(status).json(answer);
    });
  }
}

/**
 * Converts a declared path to Express's form: `{id}` becomes `:id`. Drops a slash at the end, which is optional anyway.
 */
export function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1").replace(/(?<=.)\/$/, "");
}

/** Parses `value`. Throws `HubError("invalid_field")` that names the first invalid field. */
function check<S extends z.ZodObject>(schema: S, value: unknown, part: "path" | "query" | "body"): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") || part;
  throw new HubError("invalid_field", `Invalid ${where}: ${issue?.message}`);
}

/** Returns the client's address, with one spelling of an IPv4 address on IPv4 and dual-stack sockets. */
function addressOf(ip: string | undefined): string {
  return (ip ?? "unknown").replace(/^::ffff:/, "");
}
