import { createHash } from "node:crypto";

/** SHA-256 in lower-case hex: how credentials are stored and named, so that what lies in the database opens nothing. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
