import type { Identity } from "junction-hub";

/** Who somebody is, for everybody's eyes: `u***@example.com`; without an email as much of the user id. */
export function masked({ email, userId }: Pick<Identity, "email" | "userId">): string {
  if (email === undefined) return `${first(userId)}***`;
  const at = email.lastIndexOf("@");
  return at < 0 ? `${first(email)}***` : `${first(email.slice(0, at))}***${email.slice(at)}`;
}

/** The first character, which may be two code units. */
function first(text: string): string {
  return [...text][0] ?? "";
}
