import type { Junction } from "./app.ts";
import { DEMO_API_KEY, DEMO_PASSWORD, DEMO_USERS } from "./auth/demo.ts";
import type { Config } from "./config.ts";

/** What a person is told once the hub serves: where, with which credentials, and what to try first. */
export function welcome(config: Config, { doors, store }: Junction): string {
  const lines = [
    "",
    `Junction serves, with its data in the ${store.description}:`,
    ...doors.map(({ port, apps }) => `  http://localhost:${port}  ws://localhost:${port}  ${apps.join(", ")}`),
    `Every message and route: http://localhost:${doors[0]?.port}/docs`,
  ];
  if (config.seedDemo) {
    lines.push(
      "",
      `Demo credentials (all with the password ${DEMO_PASSWORD}; API key ${DEMO_API_KEY}):`,
      ...Object.values(DEMO_USERS).map(({ phone, role, email }) => `  ${phone}  ${role.padEnd(10)}  ${email}`),
      "",
      "See a live update: paste this in another terminal",
      // Every port serves every app under its name, so the first will do.
      `  node examples/live-seats.mjs http://localhost:${doors[0]?.port}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
