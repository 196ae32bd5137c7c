import { expect } from "chai";
import { z } from "zod";
import { asyncApi } from "../../../src/http/description/asyncapi.ts";
import { docsPage } from "../../../src/http/description/docs-page.ts";
import { html } from "../../../src/http/description/html.ts";
import { openApi } from "../../../src/http/description/openapi.ts";
import { shape } from "../../../src/http/description/shape.ts";
import { defineRoute } from "../../../src/hub/route.ts";

describe("a schema for people", () => {
  const shapes: [string, z.ZodType, string][] = [
    ["fields", z.object({ id: z.int(), name: z.string().optional() }), "{ id: integer, name?: string }"],
    ["formats", z.iso.datetime(), "string (date-time)"],
    ["constants", z.literal("on"), '"on"'],
    ["choices", z.enum(["on", "off"]), '"on" | "off"'],
    ["unions", z.union([z.string(), z.null()]), "string | null"],
    ["lists", z.array(z.object({ a: z.boolean() })), "{ a: boolean }[]"],
    ["lists of choices", z.array(z.enum(["a", "b"])), '("a" | "b")[]'],
    ["records", z.record(z.string(), z.number()), "{ [name]: number }"],
    ["anything", z.unknown(), "any"],
  ];
  for (const [what, schema, expected] of shapes) {
    it(`shows ${what}`, () => {
      expect(shape(z.toJSONSchema(schema) as never)).to.equal(expected);
    });
  }
});

describe("HTML", () => {
  it("escapes what comes from elsewhere, and keeps what is HTML", () => {
    const evil = `<script>"it's" & more`;
    expect(html`<p title="${evil}">${html`<b>${1}</b>`}${[html`<i></i>`]}</p>`.text).to.equal(
      `<p title="&#60;script&#62;&#34;it&#39;s&#34; &#38; more"><b>1</b><i></i></p>`,
    );
  });

  it("escapes the words of a route on the page", () => {
    const summary = "<img src=x onerror=alert(1)>";
    const route = defineRoute({
      method: "get",
      path: "/api/x",
      summary,
      credential: "none",
      response: z.object({}),
      handle: () => ({}),
    });
    const page = docsPage(openApi([route]), asyncApi([], []));
    expect(page).to.include("&#60;img src=x").and.not.include("<img");
  });
});
