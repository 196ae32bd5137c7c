import { Validator } from "@seriousme/openapi-schema-validator";
import { expect } from "chai";
import { z } from "zod";
import { type OpenApi, openApi } from "../../../src/http/description/openapi.ts";
import { defineRoute, numericId } from "../../../src/hub/route.ts";
import { startHub, type TestHub } from "../../support/hub.ts";

/** The HTTP API as the clients of the five apps rely on it. */
const ROUTES = `
POST /api/v2/auth/login
POST /api/v2/auth/refresh
POST /api/v2/auth/logout
GET /api/vehicles
POST /api/vehicles
DELETE /api/vehicles/{}
GET /api/stations
GET /api/stations/{}
POST /api/stations
PATCH /api/stations/{}
POST /api/stations/{}/batteries
POST /api/stations/{}/bookings
POST /api/stations/{}/bookings/{}/ready
POST /api/stations/{}/bookings/{}/collect
GET /api/notifications
POST /api/notifications
POST /api/v2/bookings
GET /api/v2/bookings/{}
PATCH /api/v2/bookings/{}
POST /api/v2/bookings/{}/location
POST /api/v2/support/tickets
GET /api/v2/support/tickets/{}/messages
POST /api/v2/support/tickets/{}/messages
GET /api/events
POST /api/events
PATCH /api/events/{}
POST /api/events/{}/bookings
DELETE /api/events/{}/bookings/{}
GET /api/user/ws-token
POST /api/reservations
PATCH /api/reservations/{}
PATCH /api/parking-lots/{}
POST /api/publish
GET /healthz
GET /readyz
`;

describe("/openapi.json", () => {
  let hub: TestHub;
  let api: OpenApi;
  before(async () => {
    hub = await startHub();
    api = (await hub.call(undefined, "GET", "/openapi.json")).body as unknown as OpenApi;
  });
  after(() => hub.stop());

  it("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    expect(await validator.validate(api as object as Record<string, unknown>)).to.eql({ valid: true });
    expect(validator.version).to.equal("3.1");
  });

  it("has every route of the five apps", () => {
    const described = Object.entries(api.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) =>
        `${method.toUpperCase()} ${path}`.replace(/\/$/, "").replace(/\{\w+\}/g, "{}"),
      ),
    );
    expect(described).to.include.members(ROUTES.trim().split("\n"));
  });

  it("names each operation once", () => {
    const ids = Object.values(api.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(ids).to.include.members(["postV2AuthLogin", "postEventsByIdBookings", "getVehicles", "getHealthz"]);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("answers with JSON that any page may read, and nothing but GET", async () => {
    const { headers } = await hub.call(undefined, "GET", "/openapi.json");
    expect(headers.get("Content-Type")).to.include("application/json");
    expect(headers.get("Access-Control-Allow-Origin")).to.equal("*");
    expect((await hub.call(undefined, "POST", "/openapi.json")).status).to.equal(405);
  });

  it("describes what a route really answers", async () => {
    const booked = await hub.call("customer", "POST", "/api/events/123/bookings", { seats: 2 });
    expect(booked.status).to.equal(201);
    const answer = api.paths["/api/events/{id}/bookings"]?.post?.responses["201"];
    const schema = z.fromJSONSchema(answer?.content?.["application/json"]?.schema as never);
    expect(schema.safeParse(booked.body).success).to.equal(true);

    const refused = await hub.call("customer", "POST", "/api/events/123/bookings", { seats: 0 });
    expect(refused.status).to.equal(400);
    const problem = z.fromJSONSchema(api.components.schemas.Problem as never);
    expect(problem.safeParse(refused.body).success).to.equal(true);
  });
});

describe("the description of a route", () => {
  const route = defineRoute({
    method: "post",
    path: "/api/v2/things/{id}/parts",
    summary: "A new part",
    credential: "jwt",
    roles: ["operator", "admin"],
    params: z.object({ id: numericId }),
    query: z.object({ dry: z.stringbool().default(false) }),
    body: z.object({ name: z.string().min(1), size: z.number().default(1) }),
    status: 201,
    response: z.object({ id: z.number().int(), madeAt: z.iso.datetime() }),
    handle: () => ({}),
  });
  const bare = defineRoute({
    method: "delete",
    path: "/api/vehicles",
    summary: "All leave",
    credential: "apiKey",
    status: 204,
    response: z.object({}),
    handle: () => undefined,
  });
  const { paths, components, tags } = openApi([route, bare]);
  const operation = paths["/api/v2/things/{id}/parts"]?.post;
  const bareOperation = paths["/api/vehicles"]?.delete;

  it("takes name, group, credential and roles from the declaration", () => {
    expect(operation).to.include({ operationId: "postV2ThingsByIdParts", summary: "A new part" });
    expect(operation?.tags).to.eql(["things"]);
    expect(tags.map(({ name }) => name)).to.eql(["things", "vehicles", "health"]);
    expect(operation?.description).to.equal("For operator and admin only.");
    expect(operation?.security).to.eql([{ bearer: [] }]);
    expect(bareOperation?.security).to.eql([{ apiKey: [] }]);
    expect(components.securitySchemes.apiKey).to.eql({ type: "apiKey", in: "header", name: "X-API-Key" });
  });

  it("has path and query parameters; one with a default is optional", () => {
    expect(operation?.parameters.map(({ name, in: where, required }) => [name, where, required])).to.eql([
      ["id", "path", true],
      ["dry", "query", false],
      ["Idempotency-Key", "header", false],
    ]);
    expect(operation?.parameters[0]?.schema).to.eql({ type: "integer", exclusiveMinimum: 0 });
  });

  it("has a body as clients send it and a response as they get it", () => {
    const body = operation?.requestBody?.content["application/json"]?.schema;
    expect(operation?.requestBody?.required).to.equal(true);
    expect(body).to.deep.include({ required: ["name"] });
    expect(operation?.responses["201"]?.content?.["application/json"]?.schema).to.eql({
      type: "object",
      properties: { id: { type: "integer" }, madeAt: { type: "string", format: "date-time" } },
      required: ["id", "madeAt"],
    });
  });

  it("lists the problems that such a route can answer", () => {
    expect(Object.keys(operation?.responses ?? {})).to.have.members(
      "201 400 401 403 404 413 415 422 default".split(" "),
    );
    expect(Object.keys(bareOperation?.responses ?? {})).to.have.members(["204", "400", "401", "422", "default"]);
    expect(bareOperation?.responses["204"]).to.eql({ description: "No Content" });
    expect(bareOperation).to.not.have.property("requestBody");
  });

  it("has an Idempotency-Key where a request may come again", () => {
    const parts = { path: "/api/x", summary: "X", response: z.object({}), handle: () => ({}) } as const;
    const has = (more: Partial<Parameters<typeof defineRoute>[0]>): boolean => {
      const { method, ...route } = defineRoute({ ...parts, method: "post", credential: "jwt", ...more });
      const described = openApi([{ ...route, method }]).paths["/api/x"]?.[method];
      return described?.parameters.some(({ name }) => name === "Idempotency-Key") ?? false;
    };
    expect([has({}), has({ method: "patch" }), has({ method: "delete" })]).to.eql([true, true, true]);
    expect([has({ method: "get" }), has({ credential: "none" }), has({ secret: true })]).to.eql([false, false, false]);
  });

  it("is served at start even where a schema cannot be said in JSON Schema", () => {
    const response = z.object({ at: z.date(), n: z.bigint() });
    const odd = defineRoute({
      method: "get",
      path: "/api/odd",
      summary: "Odd",
      credential: "none",
      response,
      handle: () => ({}),
    });
    const described = openApi([odd]).paths["/api/odd"]?.get?.responses["200"];
    expect(described?.content?.["application/json"]?.schema.properties).to.eql({ at: {}, n: {} });
  });
});
