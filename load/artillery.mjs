import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";

const HERE = import.meta.dirname;

const SIGNALS = ["SIGINT", "SIGTERM"];

/**
 * Runs an app's scenarios in a process of Artillery, with its report on the terminal and in `reports/APP.json`.
 * `variables`: `transport` (the ones to choose from), `duration` in seconds, `rate` in arrivals per second. Resolves to
 * true if every expectation was met.
 */
export async function runScenarios({ app, target, credentials, variables }) {
  const report = `${HERE}/reports/${app}.json`;
  mkdirSync(`${HERE}/reports`, { recursive: true });
  console.log(`\n${app} at ${target}`);
  const options = ["--target", target, "--variables", JSON.stringify(variables), "--output", report];
  const artillery = spawn(
    process.execPath,
    ["node_modules/artillery/bin/run", "run", "--config", "config.yml", ...options, `scenarios/${app}.yml`],
    { cwd: HERE, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...secretsOf(credentials) } },
  );
  // A signal also skips the apps that would follow.
  let stopped = false;
  const stop = (signal) => {
    stopped = true;
    artillery.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const [status] = await once(artillery, "close");
  for (const signal of SIGNALS) process.off(signal, stop);
  if (stopped) process.exit(1);
  return status === 0;
}

/**
 * Returns the credentials as environment variables, since every user of the machine can read arguments; see
 * `config.yml`.
 */
function secretsOf({ customer, technician, operator, apiKey, technicianId }) {
  return {
    LOAD_CUSTOMER: customer,
    LOAD_TECHNICIAN: technician,
    LOAD_OPERATOR: operator,
    LOAD_API_KEY: apiKey,
    LOAD_TECHNICIAN_ID: technicianId,
  };
}
