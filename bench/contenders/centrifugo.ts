import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Contender } from "./contender.ts";
import { freePort, outputOf, pidOf, startListening, stop } from "./programs.ts";

/** Centrifugo 6, if it is on the PATH. Written from its documentation, and never run yet. */
export const centrifugo: Contender = {
  title: "Centrifugo",
  settings:
    "defaults; anybody may subscribe and publish; published by one HTTP request per message (this contender has never been run)",
  async missing() {
    return (await outputOf("centrifugo", "version")) === undefined ? "not on the PATH" : undefined;
  },
  async versions() {
    const version = /v?(\d+\.\d+\.\d+)/.exec((await outputOf("centrifugo", "version")) ?? "")?.[1];
    return version === undefined ? {} : { Centrifugo: version };
  },
  async start({ folder }) {
    const port = await freePort();
    const file = path.join(folder, "centrifugo.json");
    await writeFile(file, JSON.stringify(configuration(port)));
    const program = await startListening("centrifugo", "centrifugo", ["-c", file], port);
    return { target: { protocol: "centrifugo", workers: [{ pid: pidOf(program), port }] }, stop: () => stop(program) };
  },
};

function configuration(port: number) {
  return {
    http_server: { address: "127.0.0.1", port: String(port) },
    http_api: { insecure: true },
    client: { insecure: true },
    channel: { without_namespace: { allow_subscribe_for_client: true } },
    log: { level: "error" },
  };
}
