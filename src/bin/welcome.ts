import { DEMO_API_KEY, DEMO_PASSWORD, DEMO_USERS } from "../apps/demo-users.ts";
import type { Config, DoorConfig } from "../config.ts";

/** The properties of a running hub that the welcome text prints. */
export interface Served {
  readonly doors: readonly DoorConfig[];
  readonly store: { readonly description: string };
  /** More lines about the processes of a cluster. */
  readonly parts?: readonly string[];
}

/** Returns the text that is printed once the hub serves: its URLs, demo credentials and a first thing to try. */
export function welcome(config: Config, { doors, store, parts = [] }: Served): string {
  const [http, ws] = config.nginx.tls && parts.length > 0 ? ["https", "wss"] : ["http", "ws"];
  const lines = [
    "",
    `Junction serves, with its data in the ${store.description}:`,
    ...doors.map(({ port, apps }) => `  ${http}://localhost:${port}  ${ws}://localhost:${port}  ${apps.join(", ")}`),
    `Every message and route: ${http}://localhost:${doors[0]?.port}/docs`,
    ...parts,
  ];
  if (config.seedDemo) {
    lines.push(
      "",
      `Demo credentials (all with the password ${DEMO_PASSWORD}; API key ${DEMO_API_KEY}):`,
      ...Object.values(DEMO_USERS).map(({ phone, role, email }) => `  ${phone}  ${role.padEnd(10)}  ${email}`),
      "",
      "See a live update: paste this in another terminal",
      // Every port serves every app under its name, so the first one works.
      `  node examples/live-seats.mjs ${http}://localhost:${doors[0]?.port}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
