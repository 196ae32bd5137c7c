import type { Identity } from "junction-hub";

/**
 * Returns a masked name of a user for public messages: `u***@example.com`, or `u***` from the user id without an
 * email.
 */
export function masked({ email, userId }: Pick<Identity, "email" | "userId">): string {
  if (email === undefined) return `${first(userId)}***`;
  const at = email.lastIndexOf("@");
  return at < 0 ? `${first(email)}***` : `${first(email.slice(0, at))}***${email.slice(at)}`;
}

/** Returns the first character, which may be two code units. */
function first(text: string): string {
  return [...text][0] ?? "";
}
