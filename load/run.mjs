// npm run load -- APP: an app's Artillery scenarios against a running hub. Ends with status 1 when an expectation
// fails.
import { parseArgs } from "node:util";
import { runScenarios } from "./artillery.mjs";
import { credentialsFor } from "./credentials.mjs";
import { installModules } from "./install.mjs";

/** The apps, with the URL at which `npm start` serves each. */
const APPS = {
  vehicles: "http://localhost:3000",
  battery: "http://localhost:8000",
  bookings: "http://localhost:5000",
  events: "http://localhost:3000",
  parking: "http://localhost:8000",
};

const TRANSPORTS = { plain: ["plain"], socketio: ["socketio"], both: ["plain", "socketio"] };

/**
 * The longest duration in seconds. Tokens are valid for 30 minutes, and the last clients need theirs some seconds more.
 */
const LONGEST = 1_700;

const HELP = `npm run load -- APP [--url URL] [--door DOOR] [--duration SECONDS] [--rate N]

Puts load on a running hub and checks every answer. APP is ${Object.keys(APPS).join(", ")}, or all.
  --url       the hub; by default the ports of npm start
  --door      the transport: plain, socketio, or both (the default): each client uses one of them, at random
  --duration  seconds in which clients arrive, 30; at most ${LONGEST}
  --rate      arriving clients per second, 5

load/README.md explains the expectations, and how to size a deployment from the report.`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: "string" },
      door: { type: "string", default: "both" },
      duration: { type: "string", default: "30" },
      rate: { type: "string", default: "5" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(HELP);
  else process.exitCode = await run(values, positionals);
} catch (error) {
  console.error(`${error.message}\n\n${HELP}`);
  process.exitCode = 1;
}

/** Runs one app after another. Resolves to the exit status: 0 when all have met their expectations. */
async function run({ url, door, ...numbers }, positionals) {
  const apps = appsFrom(positionals);
  if (!Object.hasOwn(TRANSPORTS, door))
    throw new Error(`--door must be ${Object.keys(TRANSPORTS).join(", ")}, not "${door}"`);
  const duration = number("duration", numbers.duration, LONGEST);
  const rate = number("rate", numbers.rate);
  const targets = apps.map((app) => ({ app, target: (url ?? APPS[app]).replace(/\/$/, "") }));

  for (const target of new Set(targets.map(({ target }) => target))) {
    if (await answers(target)) continue;
    console.error(`No hub answers at ${target}. Start one with npm start, or give its URL with --url.`);
    return 1;
  }
  installModules();
  const credentials = await credentialsFor(targets[0].target);
  if (credentials.problem) {
    console.error(credentials.problem);
    return 1;
  }
  const failed = [];
  for (const { app, target } of targets) {
    const passed = await runScenarios({
      app,
      target,
      credentials,
      variables: { transport: TRANSPORTS[door], duration, rate },
    });
    if (!passed) failed.push(app);
  }
  console.log(failed.length > 0 ? `\nFAILED: ${failed.join(", ")}` : "\nEvery expectation was met");
  return failed.length > 0 ? 1 : 0;
}

function appsFrom(positionals) {
  const [app, ...others] = positionals;
  if (app === "all" && others.length === 0) return Object.keys(APPS);
  if (others.length === 0 && Object.hasOwn(APPS, app)) return [app];
  throw new Error(app === undefined ? "Which app?" : `There is no app "${positionals.join(" ")}"`);
}

function number(name, text, most = Number.POSITIVE_INFINITY) {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  const range = most === Number.POSITIVE_INFINITY ? "above 0" : `from 1 to ${most}`;
  throw new Error(`--${name} must be a whole number ${range}, not "${text}"`);
}

async function answers(url) {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(3_000) });
    return response.ok;
  } catch {
    return false;
  }
}
