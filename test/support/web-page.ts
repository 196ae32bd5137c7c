import path from "node:path";
import { build } from "esbuild";
import { listen } from "./http-server.ts";

export interface WebPage {
  readonly url: string;
  /** The files that the bundle is made of, relative to the repository. */
  readonly files: readonly string[];
  close(): Promise<void>;
}

/** Bundles a script for browsers and serves it in an empty page with a `<div id="root">`, at an origin of its own. */
export async function serveScript(entry: string): Promise<WebPage> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: path.resolve(import.meta.dirname, "../.."),
    bundle: true,
    write: false,
    metafile: true,
    platform: "browser",
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"' },
  });
  const script = outputFiles[0]?.text ?? "";
  const server = await listen((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    const page = `<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/page.js"></script>`;
    response.end(isScript ? script : page);
  });
  return { url: server.url, files: Object.keys(metafile.inputs), close: server.close };
}
