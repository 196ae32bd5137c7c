import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Channel } from "../../src/hub/channel.ts";
import { DISCONNECTS } from "../../src/hub/disconnects.ts";
import { ERRORS } from "../../src/hub/errors.ts";
import { messageKey } from "./proofs.ts";

/** The pages that have generated parts. */
export type Page = "protocol" | "proofs";

/** Which specs proved a message, by its `messageKey`. */
export type Proofs = ReadonlyMap<string, readonly string[]>;

/** The generated parts of docs/protocol.md. */
export function errorTable(): string {
  const rows = Object.entries(ERRORS).map(([code, { status, message }]) => [
    `\`${code}\``,
    "stays open",
    String(status),
    message,
  ]);
  return table(["acknowledgement", "close code", "HTTP status", "default text"], rows);
}

export function disconnectTable(): string {
  const rows = Object.entries(DISCONNECTS).map(([name, { code, reason, error, status }]) => [
    `\`${name}\``,
    String(code),
    reason,
    `\`${error}\``,
    String(status),
  ]);
  return table(["name", "close code", "reason", "acknowledgement", "HTTP status"], rows);
}

export function channelTable(channels: readonly Channel[]): string {
  const rows = channels.map(({ app, path, namespace, credential }) => [
    app,
    `\`${path}\``,
    `\`${namespace}\``,
    credential,
  ]);
  return table(["app", "documented URL", "namespace", "credential"], rows);
}

/** Every message and its delivery class. */
export function messageTable(channels: readonly Channel[]): string {
  const rows = messagesOf(channels).map(({ app, direction, type, delivery }) => [
    app,
    ARROWS[direction],
    `\`${type}\``,
    delivery,
  ]);
  return table(["app", "direction", "type", "class"], rows);
}

/** The part of docs/proofs.md: every message and the specs that saw it on a real socket. */
export function proofTable(channels: readonly Channel[], proofs: Proofs): string {
  const rows = messagesOf(channels).map(({ app, direction, type }) => {
    const specs = (proofs.get(messageKey(app, direction, type)) ?? []).map((spec) => `\`${spec}\``);
    return [app, ARROWS[direction], `\`${type}\``, specs.join("<br>")];
  });
  return table(["app", "direction", "type", "proved by"], rows);
}

/** The messages that no spec has seen, as `app direction type`. */
export function unproved(channels: readonly Channel[], proofs: Proofs): string[] {
  const keys = messagesOf(channels).map(({ app, direction, type }) => messageKey(app, direction, type));
  return keys.filter((key) => !proofs.has(key));
}

const ARROWS = { in: "client → hub", out: "hub → client" };

function messagesOf(channels: readonly Channel[]) {
  const messages = new Map<string, { app: string; direction: "in" | "out"; type: string; delivery: string }>();
  for (const { app, inbound, outbound } of channels) {
    for (const type of Object.keys(inbound)) {
      messages.set(messageKey(app, "in", type), { app, direction: "in", type, delivery: "" });
    }
    for (const [type, { delivery }] of Object.entries(outbound)) {
      messages.set(messageKey(app, "out", type), { app, direction: "out", type, delivery });
    }
  }
  return [...messages.values()];
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function section(name: string): RegExp {
  return new RegExp(`(<!-- generated: ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`);
}

/** What stands on a page between the markers of `name`. */
export function documented(page: Page, name: string): string | undefined {
  return section(name)
    .exec(readFileSync(fileOf(page), "utf8"))?.[0]
    .split("\n")
    .slice(1, -1)
    .join("\n");
}

/** Puts `text` between the markers of `name`. */
export function write(page: Page, name: string, text: string): void {
  const whole = readFileSync(fileOf(page), "utf8");
  writeFileSync(
    fileOf(page),
    whole.replace(section(name), (_all, start: string, end: string) => `${start}${text}\n${end}`),
  );
}

function fileOf(page: Page): string {
  return path.resolve(import.meta.dirname, `../../docs/${page}.md`);
}
