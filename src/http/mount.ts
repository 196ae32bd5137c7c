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
 * Mounts declared routes. The path of a request: credential, role, params, query, body, handler, response; of one that
 * has come before under its `Idempotency-Key`, not the handler. Each step either goes on or throws what the client is
 * answered.
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
      const asked = { identity, params, query, body, address: addressOf(request.ip) };
      const status = route.status ?? 200;
      const handle = async (command: Command): Promise<unknown> => {
        const result = await route.handle({ ...asked, command });
        // Parsing strips every field the schema does not declare, so that nothing private slips out.
        return status === 204 ? undefined : route.response.parse(result);
      };

      const answer = await runOnce(commands, route, asked, request, response, handle);
      if (status === 204) response.status(status).end();
      else response.status(status).json(answer);
    });
  }
}

/** A declared path as Express writes it: `{id}` becomes `:id`, and a slash at the end is optional anyway. */
export function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1").replace(/(?<=.)\/$/, "");
}

/** `value` as its schema gives it back, or a 400 that names the first field that is wrong. */
function check<S extends z.ZodObject>(schema: S, value: unknown, part: "path" | "query" | "body"): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") || part;
  throw new HubError("invalid_field", `Invalid ${where}: ${issue?.message}`);
}

/** One spelling for an IPv4 client, whether the socket it came by speaks IPv4 alone or both. */
function addressOf(ip: string | undefined): string {
  return (ip ?? "unknown").replace(/^::ffff:/, "");
}
