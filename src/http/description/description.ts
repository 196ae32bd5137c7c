import type { Express } from "express";
import type { Channel } from "../../hub/channel.ts";
import type { Route } from "../../hub/route.ts";
import { asyncApi, type DescribedDoor } from "./asyncapi.ts";
import { DOCS_POLICY, docsPage } from "./docs-page.ts";
import { openApi } from "./openapi.ts";

/** The parts of a worker that are described. */
export interface Described {
  readonly routes: readonly Route[];
  readonly channels: readonly Channel[];
  /** Returns the doors as they were opened. Called once, at the first request. */
  readonly doors: () => readonly DescribedDoor[];
}

export const DESCRIPTION_PATHS = ["/openapi.json", "/asyncapi.json", "/docs"] as const;

/** Mounts `/openapi.json`, `/asyncapi.json`, and `/docs` for people. They do not change while the worker runs. */
export function mountDescription(app: Express, described: Described): void {
  let made: ReturnType<typeof make> | undefined;
  const bodies = (): ReturnType<typeof make> => {
    made ??= make(described);
    return made;
  };

  app.get("/openapi.json", (_request, response) => {
    response.type("json").send(bodies().http);
  });
  app.get("/asyncapi.json", (_request, response) => {
    response.type("json").send(bodies().messages);
  });
  app.get("/docs", (_request, response) => {
    response.set("Content-Security-Policy", DOCS_POLICY).type("html").send(bodies().page);
  });
}

function make({ routes, channels, doors }: Described): Record<"http" | "messages" | "page", string> {
  const http = openApi(routes);
  const messages = asyncApi(channels, doors());
  return { http: JSON.stringify(http), messages: JSON.stringify(messages), page: docsPage(http, messages) };
}
