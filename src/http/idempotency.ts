import type { Request, Response } from "express";
import { type Command, type Commands, commandKey, fingerprint, once, outcomeOf, resultOf } from "../hub/commands.ts";
import { isRepeatable, type Route, type RouteRequest } from "../hub/route.ts";

type Asked = Omit<RouteRequest<unknown, unknown, unknown>, "command">;

/**
 * What `handle` gives, or gave when the request came before under its `Idempotency-Key`; then the response says so.
 * Without a key, and on routes that know none, the request is simply handled. Rejects as `handle` did the first time,
 * and as `Commands` does.
 */
export async function runOnce(
  commands: Commands,
  route: Route,
  { identity, params, query, body }: Asked,
  request: Request,
  response: Response,
  handle: (command: Command) => Promise<unknown>,
): Promise<unknown> {
  const given = isRepeatable(route) ? request.get("Idempotency-Key") : undefined;
  if (given === undefined) return handle(once);
  const asked = {
    scope: [route.credential, identity.userId, `${route.method} ${route.path}`],
    key: commandKey(given, "Idempotency-Key"),
    fingerprint: fingerprint([params, query, body]),
  };
  const { answer, repeated } = await commands.run(asked, (command) => outcomeOf(() => handle(command)));
  if (repeated) response.set("Idempotency-Replayed", "true");
  return resultOf(answer);
}
