import type { Request, Response } from "express";
import { type Command, type Commands, commandKey, fingerprint, once, outcomeOf, resultOf } from "../hub/commands.ts";
import { type Route, type RouteRequest, takesIdempotencyKey } from "../hub/route.ts";

type Input = Omit<RouteRequest<unknown, unknown, unknown>, "command">;

/**
 * Runs `handle` once per `Idempotency-Key`. A repeated request gets the first result, and the header
 * `Idempotency-Replayed`. Without a key, and on routes that take none, it runs `handle` each time. Rejects as `handle`
 * did the first time, and as `Commands` does.
 */
export async function runOnce(
  commands: Commands,
  route: Route,
  { identity, params, query, body }: Input,
  request: Request,
  response: Response,
  handle: (command: Command) => Promise<unknown>,
): Promise<unknown> {
  const given = takesIdempotencyKey(route) ? request.get("Idempotency-Key") : undefined;
  if (given === undefined) return handle(once);
  const commandRequest = {
    scope: [route.credential, identity.userId, `${route.method} ${route.path}`],
    key: commandKey(given, "Idempotency-Key"),
    fingerprint: fingerprint([params, query, body]),
  };
  const { answer, repeated } = await commands.run(commandRequest, (command) => outcomeOf(() => handle(command)));
  if (repeated) response.set("Idempotency-Replayed", "true");
  return resultOf(answer);
}
