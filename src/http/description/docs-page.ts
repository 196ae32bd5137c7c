import { createHash } from "node:crypto";
import type { AsyncApi, AsyncChannel, Ref } from "./asyncapi.ts";
import { ACKNOWLEDGEMENT } from "./asyncapi-messages.ts";
import { Html, html } from "./html.ts";
import type { OpenApi, Operation } from "./openapi.ts";
import { shape } from "./shape.ts";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h2 { margin: 2.5rem 0 0.5rem; } h3 { margin: 1.75rem 0 0.25rem; }
nav a { margin-right: 1rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.75rem 0.3rem 0; border-bottom: 1px solid #8884; }
code { font: 0.875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
td:first-child code, h3 code { font-weight: 600; }
td:first-child { white-space: nowrap; }
@media (max-width: 50rem) { table { display: block; overflow-x: auto; } }
ul { margin: 0.25rem 0; padding-left: 1.25rem; }
`;

/** The Content-Security-Policy of the page: a browser may show it with its own style, and loads nothing else. */
export const DOCS_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Returns both descriptions as one page of HTML that needs no script and no network. */
export function docsPage(http: OpenApi, messages: AsyncApi): string {
  const tags = http.tags.map(({ name }) => name);
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Junction: routes and messages</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE)}</style>
<h1>Junction</h1>
<nav><a href="#messages">Messages</a><a href="#routes">Routes</a><a href="/asyncapi.json">asyncapi.json</a><a href="/openapi.json">openapi.json</a></nav>
<h2 id="messages">Messages</h2>
<p>Every channel is served as a plain WebSocket, one JSON object with a <code>type</code> per text frame, and as a
Socket.IO namespace, where the type is the event's name and the fields are its argument.</p>
${channelIds(messages).map((id) => channelSection(messages, id))}
<h2 id="routes">Routes</h2>
<p>JSON over HTTP, the same on every port. Errors are <code>application/problem+json</code>.</p>
${tags.map((tag) => routesSection(http, tag))}
</html>
`.text;
}

/** Returns the ids of the channels without the transport: each channel has a Socket.IO one. */
function channelIds({ channels }: AsyncApi): string[] {
  return Object.keys(channels).flatMap((key) => (key.endsWith(".socketio") ? key.slice(0, -".socketio".length) : []));
}

function channelSection(messages: AsyncApi, id: string): Html {
  const { channels } = messages;
  const socket = channels[`${id}.socketio`];
  const prefixed = channels[`${id}.prefixed`];
  if (!socket || !prefixed) return html``;
  const documented = channels[`${id}.plain`];
  const urls = documented ? addresses(messages, documented) : [];
  return html`<section data-channel="${id}">
<h3><code>${socket.address}</code></h3>
<p>${socket.tags.map(({ name }) => html`App <b>${name}</b>. `)}${documented?.description ?? prefixed.description}</p>
<ul><li>Plain: ${urls.map((url) => html`<code>${url}</code>, `)}<code>${prefixed.address}</code> on every port</li>
<li>Socket.IO: namespace <code>${socket.address}</code></li></ul>
<table><tr><th>Message</th><th>From</th><th>Class</th><th>Fields</th></tr>
${Object.entries(socket.messages).map(([key, ref]) => messageRow(messages, id, key, ref))}</table>
</section>
`;
}

function addresses({ servers }: AsyncApi, channel: AsyncChannel): string[] {
  return channel.servers.map(({ $ref }) => {
    const host = servers[last($ref)]?.host.replace("{host}", "localhost") ?? "localhost";
    return `ws://${host}${channel.address}`;
  });
}

function messageRow({ components, operations }: AsyncApi, id: string, key: string, ref: Ref): Html {
  const message = components.messages[last(ref.$ref)];
  if (!message || message.name === ACKNOWLEDGEMENT) return html``;
  const isReceived = operations[`${id}.socketio.receive`]?.messages.some(({ $ref }) => last($ref) === key);
  return html`<tr data-message="${message.name}"><td><code>${message.name}</code></td><td>${isReceived ? "client" : "hub"}</td>
<td>${message.tags?.map(({ name }) => html`${name}`) ?? ""}</td><td><code>${shape(message.payload)}</code></td></tr>
`;
}

function routesSection({ paths }: OpenApi, tag: string): Html {
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { tags }]) => tags.includes(tag))
      .map(([method, operation]) => routeRow(method, path, operation)),
  );
  return html`<h3>${tag}</h3>
<table><tr><th>Route</th><th>What it does</th><th>Credential</th><th>Takes</th><th>Gives</th></tr>
${rows}</table>
`;
}

function routeRow(method: string, path: string, operation: Operation): Html {
  const { summary, description = "", parameters, requestBody, responses, security } = operation;
  const query = parameters.filter((parameter) => parameter.in === "query");
  const queryShape = query.map(({ name, required, schema }) => `${name}${required ? "" : "?"}: ${shape(schema)}`);
  const body = requestBody?.content["application/json"]?.schema;
  const success = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  return html`<tr data-route="${`${method.toUpperCase()} ${path}`}"><td><code>${method.toUpperCase()} ${path}</code></td>
<td>${summary}. ${description}</td><td>${security.flatMap((scheme) => Object.keys(scheme)).join(" or ") || "none"}</td>
<td>${queryShape.length > 0 ? html`query <code>${queryShape.join(", ")}</code> ` : ""}${body ? html`<code>${shape(body)}</code>` : ""}</td>
<td>${success.map(([status, { content }]) => html`${status} ${content ? html`<code>${shape(content["application/json"]?.schema ?? {})}</code>` : ""}`)}</td></tr>
`;
}

function last(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}
