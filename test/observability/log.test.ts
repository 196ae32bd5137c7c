import { expect } from "chai";
import { HubEvents } from "../../src/hub/events.ts";
import { createLog, logHubEvents } from "../../src/observability/log.ts";

function capture(level: "silent" | "info" | "trace") {
  const lines: string[] = [];
  const log = createLog({ level, worker: "w7", destination: { write: (line) => void lines.push(line) } });
  return {
    log,
    entries: () => lines.map((line): Record<string, unknown> => JSON.parse(line)),
    text: () => lines.join(""),
  };
}

describe("the log", () => {
  it("is lines of JSON that say when, how bad, and which worker", () => {
    const { log, entries } = capture("info");
    log.info({ port: 3000 }, "listening");
    expect(entries()).to.have.length(1);
    expect(entries()[0]).to.include({ level: "info", worker: "w7", pid: process.pid, port: 3000, msg: "listening" });
    expect(entries()[0]?.time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it("holds nothing below its level, and nothing at all when silent", () => {
    const info = capture("info");
    info.log.debug("detail");
    expect(info.entries()).to.deep.equal([]);
    const silent = capture("silent");
    silent.log.fatal("the end");
    expect(silent.entries()).to.deep.equal([]);
  });

  it("shows of an error its name, text, stack, code and causes, and nothing that hangs on it", () => {
    const { log, entries, text } = capture("info");
    const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED", address: "hunter2" });
    const error = Object.assign(new TypeError("fetch failed", { cause }), { body: { phone: "hunter2" } });
    log.error({ err: error }, "fault");
    const { err } = entries()[0] as { err: Record<string, unknown> };
    expect(err).to.include({ type: "TypeError", message: "fetch failed" });
    expect(err.stack).to.contain("log.test.ts");
    expect(err.cause).to.deep.include({ message: "refused", code: "ECONNREFUSED" });
    expect(text()).not.to.contain("hunter2");
  });

  it("copes with errors that cause themselves and with what is no error", () => {
    const { log, entries } = capture("info");
    const snake = new Error("snake");
    snake.cause = snake;
    log.error({ err: snake }, "one");
    log.error({ err: "text" }, "two");
    log.error({ err: { secret: "hunter2" } }, "three");
    expect(entries().map(({ err }) => (err as { message: string }).message)).to.deep.equal([
      "snake",
      "text",
      "not an Error",
    ]);
  });

  it("takes secrets out of everything, also of what children carry along", () => {
    const { log, text } = capture("info");
    log.child({ token: "hunter2" }).info({ deep: { er: { password: "hunter2" } } }, "with Bearer hunter2");
    log.error({ err: new Error("redis://u:hunter2@host is down") }, "fault");
    expect(text()).to.contain("[redacted]").and.not.contain("hunter2");
  });

  describe("of the hub", () => {
    const events = new HubEvents();
    const hub = capture("trace");
    logHubEvents(events, hub.log);
    const about = { namespace: "/events", app: "events" };

    it("has faults as errors, with where and the stack", () => {
      events.emit("fault", { where: "/events search", error: new Error("broken") });
      const entry = hub.entries().at(-1) ?? {};
      expect(entry).to.include({ level: "error", where: "/events search", msg: "fault" });
      expect((entry.err as { stack: string }).stack).to.contain("log.test.ts");
    });

    it("has those who were turned away at info, comings and goings at debug, traffic at trace", () => {
      events.emit("refused", { ...about, disconnect: "invalid_token" });
      events.emit("connected", { ...about, connectionId: "c", userId: "u", transport: "plain" });
      events.emit("disconnected", { ...about, connectionId: "c", transport: "plain" });
      events.emit("rejected", { app: "events", type: "x", code: "unknown_type" });
      events.emit("received", { app: "events", type: "x" });
      events.emit("published", { namespace: "/events", type: "x" });
      const levels = hub
        .entries()
        .slice(-6)
        .map(({ level, msg }) => `${level}: ${msg}`);
      expect(levels).to.deep.equal([
        "info: client refused",
        "debug: client connected",
        "debug: client disconnected",
        "debug: message rejected",
        "trace: message received",
        "trace: message published",
      ]);
    });
  });
});
