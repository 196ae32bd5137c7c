const HIDDEN = "[redacted]";

/** Fields whose text is a secret wherever they appear. */
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

/** What gives a secret away in text, with the replacement that leaves the text readable and JSON still JSON. */
const RULES: readonly (readonly [RegExp, string])[] = [
  // A JWT, wherever it stands.
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
 * Takes what looks like a secret out of a line of the log. It is the last net, not the first: what is known to be
 * secret is not given to the log at all.
 */
export function redact(line: string): string {
  return RULES.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}
