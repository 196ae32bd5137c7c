import { expect } from "chai";
import type { Answer, TestHub } from "../support/hub.ts";

/** Sends a request three times under one `Idempotency-Key`, two of them at once; all must be answered alike. The answer. */
export async function thrice(hub: TestHub, ...request: Parameters<TestHub["call"]>): Promise<Answer> {
  const [as, method, path, body] = request;
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  const send = (): Promise<Answer> => hub.call(as, method, path, body, headers);
  const [first, second, third] = [...(await Promise.all([send(), send()])), await send()] as [Answer, Answer, Answer];
  for (const { status, body } of [second, third]) expect([status, body]).to.eql([first.status, first.body]);
  const replayed = [first, second, third].filter(({ headers }) => headers.get("Idempotency-Replayed") === "true");
  expect(replayed).to.have.lengthOf(2);
  return first;
}
