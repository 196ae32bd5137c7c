import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { build } from "esbuild";

const SRC = path.resolve(import.meta.dirname, "../src");

interface Import {
  /** Relative to `src/`, with `/` between folders. */
  readonly file: string;
  /** A path relative to `src/` for our own files, else the package's name. */
  readonly target: string;
  readonly isOurs: boolean;
}

const imports: readonly Import[] = sourceFiles(SRC).flatMap(importsOf);

/** The import law of the house; docs/architecture.md says why each rule is there. */
describe("the import law", () => {
  it("lets the hub import nothing but itself and zod", () => {
    expect(
      violations(
        ({ file, target }) =>
          room(file) === "hub" && !["hub", "zod", "node:events", "node:crypto"].includes(root(target)),
      ),
    ).to.eql([]);
  });

  it("lets an app import junction-hub, React for its hooks, and its own folder", () => {
    const app = (file: string): string | undefined => /^apps\/\w+\//.exec(file)?.[0];
    const mayImport = ["junction-hub", "react", "node:crypto"];
    const isApart = ({ file, target, isOurs }: Import): boolean =>
      isOurs ? !target.startsWith(app(file) ?? "") : !mayImport.includes(target);
    expect(violations((found) => app(found.file) !== undefined && isApart(found))).to.eql([]);
  });

  it("keeps the server out of what apps import", async () => {
    const { metafile } = await build({
      entryPoints: [path.join(SRC, "index.ts")],
      ...{ bundle: true, write: false, metafile: true, platform: "node", format: "esm", packages: "external" },
    });
    const files = Object.keys(metafile.inputs).filter((file) => !/^src\/(index|app|hub\/[\w-]+)\.ts$/.test(file));
    const packages = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((one) => one.path));
    expect(files).to.eql([]);
    expect([...new Set(packages)].sort()).to.eql(["zod"]);
  });

  it("keeps apps from importing each other", () => {
    const app = (file: string): string | undefined => /^apps\/(\w+)\//.exec(file)?.[1];
    expect(
      violations(({ file, target }) => {
        const [from, to] = [app(file), app(target)];
        return from !== undefined && to !== undefined && from !== to;
      }),
    ).to.eql([]);
  });

  it("keeps transports, brokers and databases out of the apps", () => {
    const forbidden = ["socket.io", "engine.io", "ws", "redis", "express", "mongoose", "lmdb", "transports"];
    expect(violations(({ file, target }) => room(file) === "apps" && forbidden.includes(root(target)))).to.eql([]);
  });

  it("keeps each library in the room that is there for it", () => {
    const homes: Record<string, string[]> = {
      express: ["http"],
      helmet: ["http"],
      mongoose: ["store"],
      lmdb: ["store"],
      jose: ["auth", "testing"],
      "socket.io": ["transports"],
      "engine.io": ["transports"],
      "socket.io-adapter": ["transports", "redis"],
      redis: ["redis"],
      "@socket.io/redis-adapter": ["redis"],
      ws: ["transports", "testing"],
      pino: ["observability"],
      "prom-client": ["observability"],
      "socket.io-client": ["client", "testing"],
      react: ["client", "apps"],
    };
    expect(violations(({ file, target, isOurs }) => !isOurs && homes[target]?.includes(room(file)) === false)).to.eql(
      [],
    );
  });

  it("lets only the composition root import every room", () => {
    const outside = ["junction.ts", "bin/welcome.ts"];
    const mayImportTransports = (file: string): boolean => room(file) === "transports" || outside.includes(file);
    expect(violations(({ file, target }) => root(target) === "transports" && !mayImportTransports(file))).to.eql([]);
  });

  it("touches the process only where it starts and where it says who it is", () => {
    const users = sourceFiles(SRC).filter((file) =>
      /\bprocess\.(env|exit|argv|on|once)\b/.test(readFileSync(file, "utf8")),
    );
    expect(users.map((file) => path.relative(SRC, file)).sort()).to.eql(["bin/cluster.ts", "bin/worker.ts"]);
  });
});

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? sourceFiles(file) : /\.tsx?$/.test(name) ? [file] : [];
  });
}

function importsOf(file: string): Import[] {
  const found = readFileSync(file, "utf8").matchAll(
    /(?:^|\n)(?:import|export)\b[^"';]*?from "([^"]+)"|import\("([^"]+)"\)/g,
  );
  return [...found].map((match) => {
    const target = match[1] ?? match[2] ?? "";
    const isOurs = target.startsWith(".");
    return {
      file: path.relative(SRC, file),
      target: isOurs ? path.relative(SRC, path.resolve(path.dirname(file), target)) : packageOf(target),
      isOurs,
    };
  });
}

function packageOf(target: string): string {
  return target.startsWith("@")
    ? target.split("/").slice(0, 2).join("/")
    : target.startsWith("node:")
      ? target
      : (target.split("/")[0] ?? "");
}

function room(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : "";
}

function root(target: string): string {
  return target.split("/")[0] ?? "";
}

function violations(breaks: (found: Import) => boolean): string[] {
  return imports.filter(breaks).map(({ file, target }) => `${file} imports ${target}`);
}
