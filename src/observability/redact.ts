/** The replacement of a secret. */
const HIDDEN = "[redacted]";

/** Names of fields whose text is always a secret. */
const SECRET_FIELDS = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "sec-websocket-protocol",
  "x-api-key",
  "api_?key",
  "password",
  "password_?hash",
  "secret",
  "jwt_?secret",
  "token",
  "access_?token",
  "refresh_?token",
  "ws_?token",
].join("|");

/** Patterns of secrets in text, each with a replacement that keeps the text readable and JSON valid. */
const RULES: readonly (readonly [RegExp, string])[] = [
  // A JWT, anywhere.
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, HIDDEN],
  // `Authorization: Bearer x` and the subprotocol `bearer.x`.
  [/\b(bearer(?: +|\.))[\w~+/.=-]+/gi, `$1${HIDDEN}`],
  // Queries.
  [/([?&](?:token|access_token|api_key)=)[^&\s"\\]+/gi, `$1${HIDDEN}`],
  // Addresses with credentials: `redis://user:password@host`.
  [/(\b[a-z][a-z+.-]*:\/\/)[^\s/@"\\]+@/gi, `$1${HIDDEN}@`],
  // Fields of JSON, and of JSON within a JSON string.
  [new RegExp(`("(?:${SECRET_FIELDS})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, "gi"), `$1"${HIDDEN}"`],
  [
    new RegExp(`(\\\\"(?:${SECRET_FIELDS})\\\\"\\s*:\\s*\\\\")(?:[^"\\\\]|\\\\\\\\(?:\\\\.|[^"\\\\]))*`, "gi"),
    `$1${HIDDEN}`,
  ],
];

/**
 * Removes text that looks like a secret from a line of the log. It is the last defence: a known secret must not be logged in
 * the first place.
 */
export function redact(line: string): string {
  return RULES.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}
