import { STATUS_CODES } from "node:http";
import { z } from "zod";
import { ERRORS } from "../../hub/errors.ts";
import { type Route, takesIdempotencyKey } from "../../hub/route.ts";
import { HTTP_ERRORS, type Problem } from "../problem.ts";
import { type JsonSchema, type ObjectSchema, toJsonSchema } from "./json-schema.ts";

/** The parts of an OpenAPI 3.1 description that are used here. */
export interface OpenApi {
  readonly openapi: "3.1.1";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string }[];
  /** By path, then by method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<"securitySchemes" | "schemas" | "responses", Readonly<Record<string, object>>>>;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Response>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;
type Response = { readonly description: string; readonly content?: Content; readonly $ref?: string };

const problemSchema = z.object({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().describe("What is wrong, for people"),
  code: z
    .enum([...Object.keys(ERRORS), ...Object.keys(HTTP_ERRORS)] as [Problem["code"], ...Problem["code"][]])
    .describe("What is wrong, for programs"),
  instance: z.string().describe("The id of the request, which is also in the log"),
}) satisfies z.ZodType<Problem>;

const IDEMPOTENCY_KEY: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "Names the request: the same one under the same key within 10 minutes is done once and gets the first answer again, with Idempotency-Replayed: true",
  schema: { type: "string", minLength: 1, maxLength: 200 },
};

const HEALTH = {
  "/healthz": { get: probe("getHealthz", "Answers while the process serves", [200]) },
  "/readyz": {
    get: probe("getReadyz", "Answers 200 when the worker may get clients, else 503 with the reasons", [200, 503]),
  },
};

/** Describes HTTP routes from the schemas that check their requests and strip their responses. */
export function openApi(routes: readonly Route[]): OpenApi {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  return {
    openapi: "3.1.1",
    info: {
      title: "Junction",
      version: "1.0.0",
      description: "The HTTP API of the hub, the same on every port. The messages are described in /asyncapi.json.",
    },
    servers: [{ url: "/", description: "The port that this description came from" }],
    tags: [...new Set([...routes.map(tagOf), "health"])].map((name) => ({ name })),
    paths: { ...paths, ...HEALTH },
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "The access token of a login" },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
      },
      schemas: { Problem: toJsonSchema(problemSchema, "output", "draft-2020-12") },
      responses: {
        Problem: {
          description: "A problem as RFC 9457 has it",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

function operation(route: Route): Operation {
  const { summary, credential, roles } = route;
  const [path, query, body] = [route.params, route.query, route.body].map((schema) =>
    toJsonSchema(schema, "input", "draft-2020-12"),
  ) as [ObjectSchema, ObjectSchema, ObjectSchema];
  const hasBody = Object.keys(body.properties).length > 0;
  return {
    operationId: operationId(route),
    summary,
    ...(roles && { description: `For ${roles.join(" and ")} only.` }),
    tags: [tagOf(route)],
    security: credential === "none" ? [] : [{ [credential === "apiKey" ? "apiKey" : "bearer"]: [] }],
    parameters: [
      ...parameters(path, "path"),
      ...parameters(query, "query"),
      ...(takesIdempotencyKey(route) ? [IDEMPOTENCY_KEY] : []),
    ],
    ...(hasBody && {
      requestBody: { required: body.required.length > 0, content: { "application/json": { schema: body } } },
    }),
    responses: responses(route, hasBody),
  };
}

/** Returns the id: `POST /api/v2/auth/login` is `postV2AuthLogin`, `GET /api/stations/{id}` is `getStationsById`. */
function operationId({ method, path }: Route): string {
  const words = path
    .replace(/^\/api\//, "")
    .replace(/\{(\w+)\}/g, "by_$1")
    .split(/\W|_/);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** Returns the subject of a route: the first part of its path after `/api` and the version. */
function tagOf({ path }: Route): string {
  return /^(?:\/api)?(?:\/v\d+)?\/([\w-]+)/.exec(path)?.[1] ?? "hub";
}

function parameters({ properties, required }: ObjectSchema, where: Parameter["in"]): Parameter[] {
  return Object.entries(properties).map(([name, schema]) => {
    return { name, in: where, required: where === "path" || required.includes(name), schema };
  });
}

/** Returns the answer of success, the problems that such a route can answer, and a default for all others. */
function responses(route: Route, hasBody: boolean): Operation["responses"] {
  const { status = 200, response, credential, roles, params, query } = route;
  const hasParams = Object.keys(params.shape).length > 0;
  const hasQuery = Object.keys(query.shape).length > 0;
  const schema = toJsonSchema(response, "output", "draft-2020-12");
  const problems: readonly (readonly [number, string, boolean])[] = [
    [400, ERRORS.invalid_field.message, hasBody || hasParams || hasQuery || takesIdempotencyKey(route)],
    [401, ERRORS.unauthenticated.message, credential !== "none"],
    [403, ERRORS.forbidden.message, roles !== undefined],
    [404, ERRORS.not_found.message, hasParams],
    [413, ERRORS.too_large.message, hasBody],
    [415, HTTP_ERRORS.unsupported_media_type.message, hasBody],
    [422, ERRORS.command_differs.message, takesIdempotencyKey(route)],
  ];
  return {
    [status]: {
      description: STATUS_CODES[status] ?? "Success",
      ...(status !== 204 && { content: { "application/json": { schema } } }),
    },
    ...Object.fromEntries(problems.filter(([, , can]) => can).map(([code, text]) => [code, problem(text)])),
    default: problem("Any other problem"),
  };
}

function problem(description: string): Response {
  return { $ref: "#/components/responses/Problem", description };
}

function probe(operationId: string, summary: string, statuses: readonly number[]): Operation {
  const answers = statuses.map((status) => [
    status,
    { description: STATUS_CODES[status] ?? "", content: { "application/json": { schema: { type: "object" } } } },
  ]);
  return {
    operationId,
    summary,
    tags: ["health"],
    security: [],
    parameters: [],
    responses: Object.fromEntries(answers),
  };
}
