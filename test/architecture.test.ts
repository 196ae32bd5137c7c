import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { build } from "esbuild";

const ROOT = path.resolve(import.meta.dirname, "..");

/** The trees that are held to the rules; `src` is held to the law too. */
const TREES = ["src", "bench", "verify", "simulate", "demo"];

/**
 * The import law of the house: what each room of `src` may import besides itself. A room is a folder of `src` or a file
 * on its top level. docs/architecture.md gives the reasons.
 */
const LAW: Readonly<Record<string, readonly string[]>> = {
  // The core imports no other room, so that it can be understood alone.
  hub: [],
  // The face of the package: declarations alone, no server behind them.
  "index.ts": ["app.ts", "hub", "store"],
  "app.ts": ["hub", "store"],
  "config.ts": ["app.ts"],
  // An app imports the face, as any other project would, and itself.
  apps: ["client", "index.ts", "server.ts"],
  store: ["hub"],
  transports: ["hub"],
  observability: ["hub"],
  delivery: ["hub", "store"],
  commands: ["hub", "store"],
  auth: ["hub", "store"],
  http: ["hub", "observability"],
  redis: ["hub"],
  // Processes of one machine: they start workers, and are in none.
  cluster: ["config.ts", "http", "hub", "observability"],
  // What a web app installs has types of the hub and nothing else of it.
  client: ["hub"],
  "junction.ts": [
    "app.ts",
    "start-apps.ts",
    "auth",
    "cluster",
    "commands",
    "config.ts",
    "delivery",
    "http",
    "hub",
    "observability",
    "redis",
    "store",
    "transports",
  ],
  "start-apps.ts": ["app.ts", "hub", "store"],
  "server.ts": ["auth", "config.ts", "junction.ts", "observability"],
  testing: ["app.ts", "auth", "config.ts", "hub", "junction.ts", "observability", "store"],
  bin: ["apps", "auth", "cluster", "config.ts", "http", "junction.ts", "observability"],
};

/** The one room of each library. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
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

/** The package's own names, by which apps import its faces. */
const FACES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(
    JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")).exports as Record<string, string>,
  ).map(([name, file]) => [path.posix.join("junction-hub", name), path.posix.normalize(file)]),
);

interface Import {
  /** Relative to the project's root, with `/` between folders. */
  readonly file: string;
  /** The same for our own files, else the package's name. */
  readonly target: string;
  readonly isOurs: boolean;
}

const files = TREES.flatMap((tree) => sourceFiles(path.join(ROOT, tree)));
const imports: readonly Import[] = files.flatMap(importsOf);

describe("the import law", () => {
  it("lets each room import what the law lists", () => {
    const breaches = imports.flatMap(({ file, target, isOurs }) => {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (!isOurs || from === undefined || to === undefined || from === to) return [];
      const allowed = LAW[from];
      if (allowed?.includes(to)) return [];
      return `${file} imports ${target}; the law lets ${from} import ${allowed?.join(", ") || "nothing"}`;
    });
    expect(breaches.join("\n")).to.equal("");
  });

  it("lists every room", () => {
    const rooms = new Set(files.flatMap((file) => roomOf(path.relative(ROOT, file)) ?? []));
    expect([...rooms].filter((room) => !(room in LAW))).to.eql([]);
  });

  it("lets an app import junction-hub, React for its hooks, and its own folder", () => {
    const appOf = (file: string): string | undefined => /^src\/apps\/\w+\//.exec(file)?.[0];
    const allowed = ["src/index.ts", "src/apps/client.ts", "react", "node:crypto"];
    const breaches = imports.filter(({ file, target }) => {
      const app = appOf(file);
      return (
        app !== undefined && !target.startsWith(app) && !target.startsWith("src/client/") && !allowed.includes(target)
      );
    });
    expect(breaches.map(({ file, target }) => `${file} imports ${target}`)).to.eql([]);
  });

  it("keeps the server out of what apps import", async () => {
    const { metafile } = await build({
      entryPoints: [path.join(ROOT, "src/index.ts")],
      ...{ bundle: true, write: false, metafile: true, platform: "node", format: "esm", packages: "external" },
    });
    const inputs = Object.keys(metafile.inputs).filter((file) => !/^src\/(index|app|hub\/[\w-]+)\.ts$/.test(file));
    const packages = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((one) => one.path));
    expect(inputs).to.eql([]);
    expect([...new Set(packages)].sort()).to.eql(["zod"]);
  });

  it("keeps apps from importing each other", () => {
    const appOf = (file: string): string | undefined => /^src\/apps\/(\w+)\//.exec(file)?.[1];
    const breaches = imports.filter(({ file, target }) => {
      const [from, to] = [appOf(file), appOf(target)];
      return from !== undefined && to !== undefined && from !== to;
    });
    expect(breaches.map(({ file, target }) => `${file} imports ${target}`)).to.eql([]);
  });

  it("keeps each library in the room that is there for it", () => {
    const breaches = imports.filter(({ file, target, isOurs }) => {
      const room = roomOf(file);
      return !isOurs && room !== undefined && HOMES[target]?.includes(room) === false;
    });
    expect(breaches.map(({ file, target }) => `${file} imports ${target}`)).to.eql([]);
  });

  it("has no circle, imports of types included", () => {
    expect(circles()).to.eql([]);
  });

  it("touches the process only in the entry points", () => {
    const users = files.filter((file) => /\bprocess\.(env|exit|argv|on|once)\b/.test(readFileSync(file, "utf8")));
    const outside = users.map((file) => path.relative(ROOT, file)).filter((file) => file.startsWith("src/"));
    expect(outside.filter((file) => !file.startsWith("src/bin/"))).to.eql([]);
  });
});

/** Every circle of imports, as the files on it. */
function circles(): string[] {
  const targets = new Map<string, string[]>();
  for (const { file, target, isOurs } of imports) {
    if (isOurs) targets.set(file, [...(targets.get(file) ?? []), target]);
  }
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) {
      found.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
      return;
    }
    if (done.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return found;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? sourceFiles(file) : /\.tsx?$/.test(name) ? [file] : [];
  });
}

function importsOf(file: string): Import[] {
  const found = readFileSync(file, "utf8").matchAll(
    /(?:^|\n)(?:import|export)\b[^"';]*?from "([^"]+)"|(?:\nimport |import\()"([^"]+)"/g,
  );
  return [...found].map((match) => {
    const named = match[1] ?? match[2] ?? "";
    const target = named.startsWith(".") ? path.relative(ROOT, path.resolve(path.dirname(file), named)) : FACES[named];
    return { file: path.relative(ROOT, file), target: target ?? packageOf(named), isOurs: target !== undefined };
  });
}

function packageOf(target: string): string {
  return target.startsWith("@")
    ? target.split("/").slice(0, 2).join("/")
    : target.startsWith("node:")
      ? target
      : (target.split("/")[0] ?? "");
}

/** The folder of `src`, or the file on its top level, that a file belongs to; `undefined` outside of it. */
function roomOf(file: string): string | undefined {
  const [tree, room] = file.split("/");
  return tree === "src" ? room : undefined;
}
