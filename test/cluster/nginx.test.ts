import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect } from "node:tls";
import { expect } from "chai";
import { io, type Socket } from "socket.io-client";
import { WebSocket } from "ws";
import { type NginxView, renderNginx } from "../../src/cluster/nginx.ts";
import { TestCluster } from "../support/cluster.ts";
import { until } from "../support/until.ts";

const LIMITS = {
  clientsPerProcess: 100,
  connectionsPerSecond: 10,
  connectionsBurst: 20,
  headerTimeoutSeconds: 5,
  headerKilobytes: 32,
  bodyKilobytes: 64,
};

/** A self-signed certificate for localhost, and its key. */
function makeCertificate(folder: string): { certificate: string; key: string } {
  const files = { certificate: path.join(folder, "certificate.pem"), key: path.join(folder, "key.pem") };
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const out = ["-keyout", files.key, "-out", files.certificate];
  const kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", [...kind, ...subject, ...out], { stdio: "ignore" });
  return files;
}

describe("the configuration of nginx", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "junction-nginx-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  function facts(changes: Partial<NginxView> = {}): NginxView {
    return {
      folder,
      generation: 7,
      doors: [
        { port: 43117, apps: ["vehicles", "events"] },
        { port: 43118, apps: [] },
      ],
      workers: [worker("w1"), worker("w2"), worker("w12")],
      limits: LIMITS,
      ipv6: false,
      ...changes,
    };
  }

  function worker(name: string): NginxView["workers"][number] {
    const at = (door: number) => ({ entrance: `unix:/run/${name}.${door}.new`, sessions: `unix:/run/${name}.${door}` });
    return { name, addresses: [at(0), at(1)] };
  }

  /** Throws what `nginx -t` complains about. */
  async function check(text: string): Promise<void> {
    const file = path.join(folder, "junction.conf");
    await writeFile(file, text);
    execFileSync("mkdir", ["-p", path.join(folder, "temp")]);
    const env = { PATH: `${process.env.PATH}:/usr/sbin` };
    execFileSync("nginx", ["-t", "-q", "-p", folder, "-e", path.join(folder, "error.log"), "-c", file], { env });
  }

  it("is one that nginx takes", async () => {
    await check(renderNginx(facts()));
    await check(renderNginx(facts({ tls: makeCertificate(folder) })));
    await check(renderNginx(facts({ workers: facts().workers.slice(0, 1) })));
  });

  it("sends a session to its worker, to the others when that is dead, and new clients to all", () => {
    const text = renderNginx(facts());
    const upstream = (name: string): string[] =>
      [...new RegExp(`upstream ${name} \\{([^}]*)\\}`).exec(text)![1]!.matchAll(/server ([^;]+);/g)].map(([, s]) => s!);
    const entrances = ["w1", "w2", "w12"].map((name) => `unix:/run/${name}.0.new max_fails=0`);
    expect(upstream("door_43117")).to.eql(entrances);
    expect(upstream("door_43118_w1")).to.eql([
      "unix:/run/w1.1 max_fails=0",
      "unix:/run/w2.1.new max_fails=0 backup",
      "unix:/run/w12.1.new max_fails=0 backup",
    ]);
    expect(text).to.contain('"~^w1\\." door_43117_w1;').and.contain('"~^w12\\." door_43117_w12;');
  });

  it("refuses a path that would mean something to nginx", () => {
    expect(() => renderNginx(facts({ folder: "/tmp/a; daemon on" }))).to.throw("nginx cannot use the path");
  });
});

describe("nginx in front of four workers", function () {
  this.timeout(120_000);
  let cluster: TestCluster;
  const sockets: Socket[] = [];

  before(async () => {
    cluster = await TestCluster.start({ workers: 4 });
  });
  after(() => cluster.stop());
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.disconnect();
  });

  /** A client that stays with polling. */
  async function poll(): Promise<Socket> {
    const auth = { token: await cluster.token() };
    const options = {
      transports: ["polling"],
      auth,
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 500,
    };
    const socket = io(`${cluster.url}/events`, options);
    sockets.push(socket);
    if (!socket.connected) await new Promise<void>((resolve) => socket.once("connect", resolve));
    return socket;
  }

  function workerOf(socket: Socket): string {
    return socket.io.engine.id!.split(".")[0]!;
  }

  function pollingStatuses(): string[] {
    const lines = cluster.accessLog.trim().split("\n");
    return lines
      .filter((line) => line.includes('"path":"/socket.io/"'))
      .map((line) => /"status":(\d+)/.exec(line)![1]!);
  }

  it("keeps clients that never upgrade with their worker, over 10,000 requests", async () => {
    const clients = await Promise.all(Array.from({ length: 24 }, poll));
    const homes = clients.map(workerOf);
    expect(new Set(homes)).to.have.property("size", 4);
    const lost: string[] = [];
    for (const client of clients) client.on("disconnect", (reason) => lost.push(reason));

    // Each question is a POST, and each answer ends a GET.
    await Promise.all(
      clients.map(async (client) => {
        for (let i = 0; i < 215; i++) await client.emitWithAck("get_stats", {});
      }),
    );
    expect(lost).to.eql([]);
    expect(clients.map(workerOf)).to.eql(homes);
    await until("the access log has them all", () => pollingStatuses().length >= 10_000);
    expect(new Set(pollingStatuses())).to.eql(new Set(["200"]));
  });

  it("moves the clients of a worker that dies on to others, and no others", async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, poll));
    const homes = clients.map(workerOf);
    const ids = clients.map((client) => client.io.engine.id);
    const dead = homes[0]!;
    process.kill(cluster.pidOf(dead), "SIGKILL");
    await until("all clients of the dead worker have a new session", async () =>
      clients.every((client, i) => homes[i] !== dead || (client.connected && client.io.engine.id !== ids[i])),
    );
    const others = clients.filter((_client, i) => homes[i] !== dead);
    expect(others.map(({ io }) => io.engine.id)).to.eql(ids.filter((_id, i) => homes[i] !== dead));
    for (const client of clients) expect(await client.emitWithAck("get_stats", {})).to.include({ ok: true });
  });

  it("keeps every connection while nginx is reloaded", async () => {
    const polling = await poll();
    const ws = new WebSocket(
      `${cluster.url.replace("http", "ws")}/events/ws/events/123?token=${await cluster.token()}`,
    );
    await once(ws, "message");
    const lost: unknown[] = [];
    polling.on("disconnect", (reason) => lost.push(reason));
    ws.on("close", (code) => lost.push(code));
    const nginx = cluster.state.helpers.find(({ mark }) => mark.includes("junction-cluster"))!;
    const children = (): string => readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, "utf8").trim();
    const before = children();
    process.kill(nginx.pid, "SIGHUP");
    await until("nginx has new processes", () => children() !== before);
    for (let i = 0; i < 20; i++) expect(await polling.emitWithAck("get_stats", {})).to.include({ ok: true });
    const answered = once(ws, "message");
    ws.send(JSON.stringify({ type: "get_stats" }));
    expect(JSON.parse(String((await answered)[0]))).to.include({ type: "stats" });
    expect(lost).to.eql([]);
    ws.close();
  });

  it("serves WebSockets, and writes no query anywhere", async () => {
    const token = await cluster.token();
    const ws = new WebSocket(`${cluster.url.replace("http", "ws")}/events/ws/events/123?token=${token}`);
    const [greeting] = (await once(ws, "message")) as [Buffer];
    expect(JSON.parse(greeting.toString())).to.include({ type: "connection_established" });
    ws.close();
    await until("the access log has it", () => cluster.accessLog.includes('"path":"/events/ws/events/123"'));
    expect(cluster.accessLog).not.to.contain("token=").and.not.contain(token);
    expect(cluster.accessLog).to.match(/"status":101/);
  });
});

describe("nginx at its limits, over TLS", function () {
  this.timeout(60_000);
  let folder: string;
  let certificate: string;
  let cluster: TestCluster;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "junction-tls-"));
    const tls = makeCertificate(folder);
    certificate = readFileSync(tls.certificate, "utf8");
    const nginx = { tls, connectionsPerSecond: 1, connectionsBurst: 2, headerTimeoutSeconds: 1, headerKilobytes: 8 };
    cluster = await TestCluster.start({ workers: 1, file: { nginx } });
  });
  after(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });

  interface Answer {
    readonly status: number | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }

  function ask(url: string, { body, ...options }: RequestOptions & { body?: string } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request(cluster.url + url, { ca: certificate, agent: false, ...options }, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
      });
      asked.on("error", reject);
      asked.end(body);
    });
  }

  function login(headers: Record<string, string>): Promise<Answer> {
    const body = JSON.stringify({ phone: "+966500000001", password: "wrong" });
    const all = { "Content-Type": "application/json", ...headers };
    return ask("/api/v2/auth/login", { method: "POST", headers: all, body });
  }

  it("speaks https and wss", async () => {
    expect((await ask("/healthz")).status).to.equal(200);
    const url = `${cluster.url.replace("https", "wss")}/events/ws/events/123`;
    const headers = { Authorization: `Bearer ${await cluster.token()}` };
    const ws = new WebSocket(url, { ca: certificate, headers });
    const [greeting] = (await once(ws, "message")) as [Buffer];
    expect(JSON.parse(greeting.toString())).to.include({ type: "connection_established" });
    ws.close();
  });

  it("says itself whose request it is: a client cannot give itself another address", async () => {
    const statuses: (number | undefined)[] = [];
    for (let i = 1; i <= 6; i++) statuses.push((await login({ "X-Forwarded-For": `192.0.2.${i}` })).status);
    expect(statuses).to.eql([401, 401, 401, 401, 401, 429]);
  });

  it("refuses a body and headers that are too large", async () => {
    const large = await login({ "Content-Length": String(1024 * 1024) }).catch((error: Error) => error);
    expect(large).to.include({ status: 413 });
    expect((large as Answer).headers["content-type"]).to.equal("application/problem+json");
    expect((await ask("/healthz", { headers: { "X-Long": "x".repeat(20_000) } })).status).to.be.oneOf([400, 431, 494]);
  });

  it("cuts a client that takes too long to send its headers", async () => {
    const { port } = new URL(cluster.url);
    const socket = connect({ port: Number(port), ca: certificate, host: "127.0.0.1", servername: "localhost" });
    await once(socket, "secureConnect");
    socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    // It is cut with a reset, so that it holds no memory either.
    socket.on("error", () => {});
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
  });

  it("answers 429 to more new connections than an address may open, and to nothing else", async () => {
    const handshake = "/socket.io/?EIO=4&transport=polling";
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(handshake)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).not.to.eql([]);
    expect(refused.length).to.be.greaterThanOrEqual(4);
    expect(refused[0]!.headers).to.include({ "content-type": "application/problem+json", "retry-after": "1" });
    expect((await ask("/healthz")).status).to.equal(200);
  });

  it("answers 503 with Retry-After while no worker lives", async () => {
    process.kill(cluster.pidOf("w1"), "SIGKILL");
    await until("nobody answers", async () => {
      const { status, headers } = await ask("/healthz");
      return status === 503 && headers["retry-after"] === "5";
    });
    await until("it is back", async () => (await ask("/healthz")).status === 200);
  });
});
