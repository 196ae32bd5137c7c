import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { z } from "zod";
import { APPS } from "../../src/apps/index.ts";
import type { Channel } from "../../src/hub/channel.ts";
import { startHub, type TestHub } from "../support/hub.ts";

const SCENARIOS = path.resolve(import.meta.dirname, "../../load/scenarios");

const fields = z.looseObject({ type: z.string() });
const request = z.looseObject({ url: z.string() });
const METHODS = ["get", "post", "put", "patch", "delete"] as const;

const step = z.strictObject({
  connect: z.looseObject({ path: z.string(), namespace: z.string() }).optional(),
  send: fields.optional(),
  expect: fields.optional(),
  think: z.union([z.number().int(), z.string().regex(/^\d+ms$/)]).optional(),
  get: request.optional(),
  post: request.optional(),
  put: request.optional(),
  patch: request.optional(),
  delete: request.optional(),
});
type Step = z.infer<typeof step>;

/** Loops come apart into their steps. */
const flow = z
  .array(z.union([step, z.looseObject({ loop: z.array(step) })]))
  .transform((steps) => steps.flatMap((one) => ("loop" in one ? (one.loop as Step[]) : [one])));

const script = z.object({
  before: z.object({ flow }).optional(),
  scenarios: z.array(z.object({ name: z.string(), engine: z.literal("junction"), flow })).nonempty(),
});

describe("the load scenarios", () => {
  let hub: TestHub;
  let routes: string[];

  before(async () => {
    hub = await startHub();
    const { paths } = (await hub.call(undefined, "GET", "/openapi.json")).body as { paths: Record<string, object> };
    routes = Object.entries(paths).flatMap(([url, methods]) =>
      Object.keys(methods).map((method) => `${method} ${url}`),
    );
  });
  after(() => hub.stop());

  /** The channel that a client comes to by both of its addresses. */
  function channelOf({ path, namespace }: NonNullable<Step["connect"]>): Channel {
    const found = hub.channels.filter(
      (channel) => fits(namespace, channel.namespace) && fits(path, `/${channel.app}${channel.path}`),
    );
    expect(found, `channels at ${path} and ${namespace}`).to.have.length(1);
    return found[0]!;
  }

  for (const { name: app } of APPS) {
    describe(`of ${app}`, () => {
      const { before: first, scenarios } = script.parse(parse(readFileSync(`${SCENARIOS}/${app}.yml`, "utf8")));

      it("come to each channel of the app", () => {
        const visited = scenarios.flatMap(({ flow }) => flow.flatMap(({ connect }) => (connect ? [connect] : [])));
        const declared = hub.channels.filter((channel) => channel.app === app);
        expect(new Set(visited.map((connect) => channelOf(connect).namespace))).to.eql(
          new Set(declared.map(({ namespace }) => namespace)),
        );
      });

      it("send and expect what its channels declare", () => {
        for (const { flow } of scenarios) {
          const channel = channelOf(flow.find(({ connect }) => connect)?.connect ?? { path: "", namespace: "" });
          for (const { send, expect: expected } of flow) {
            if (send) expect([...channel.on.keys()]).to.include(send.type);
            if (!expected) continue;
            expect(channel.outbound).to.have.property(expected.type);
            const { type, ...named } = expected;
            expect(Object.keys(channel.outbound[type]!.schema.shape)).to.include.members(Object.keys(named));
          }
        }
      });

      it("ask for routes that there are", () => {
        for (const one of [first ?? { flow: [] }, ...scenarios].flatMap(({ flow }) => flow)) {
          for (const method of METHODS) {
            const url = one[method]?.url;
            if (url === undefined) continue;
            const found = routes.some(
              (route) => route.startsWith(`${method} `) && fits(url, route.split(" ")[1] ?? ""),
            );
            expect(found, `${method} ${url}`).to.equal(true);
          }
        }
      });
    });
  }
});

/** Whether a scenario's address, with its `{{ variables }}`, is one of a declared address with its `{parameters}`. */
function fits(address: string, declared: string): boolean {
  const [given, wanted] = [address, declared].map((text) => text.replace(/\/$/, "").split("/"));
  return (
    given?.length === wanted?.length &&
    given!.every((part, i) => (/^\{\{/.test(part) ? /^\{/.test(wanted![i]!) : part === wanted![i]))
  );
}
