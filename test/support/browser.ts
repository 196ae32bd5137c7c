import { existsSync } from "node:fs";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Nothing that a browser does by itself: no updates, no sync, no network but what the page asks for. */
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The Chromium of this machine, if there is one on the PATH. */
function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = ["chromium", "chromium-browser", "google-chrome"];
  return folders.flatMap((folder) => candidates.map((name) => path.join(folder, name))).find(existsSync);
}

/** A real browser, or the reason why there is none. */
export async function launchBrowser(): Promise<Browser | { skipped: string }> {
  const executablePath = findChromium();
  if (executablePath === undefined) return { skipped: "no chromium on the PATH; on Debian: apt-get install chromium" };
  return chromium.launch({ executablePath, args: ARGS });
}
