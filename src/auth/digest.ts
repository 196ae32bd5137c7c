import { createHash } from "node:crypto";

/**
 * Returns the SHA-256 in lower-case hex. Credentials are stored only in this form, so a leaked database gives no
 * access.
 */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
