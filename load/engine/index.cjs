// An Artillery engine for clients of the hub: the steps of Artillery's HTTP engine, and three more that mean the same
// on both transports. `transport` is a variable of each virtual user: `plain` or `socketio`.
//
//   - connect: { path: /events/ws, namespace: /events, token: … }   or apiKey; neither where none is needed
//   - send: { type: ping }
//   - expect: { type: pong }        waits for a message that has these fields, with others beside them
//
// An expectation matches messages after the last connect, send or request: an answer cannot be older than its request.
const { engine_http: HttpEngine } = require("@artilleryio/int-core");
const { isMatch } = require("lodash");
const { TRANSPORTS } = require("./transports.cjs");
const { Inbox } = require("./inbox.cjs");

const REQUESTS = ["get", "post", "put", "patch", "delete"];

/** The names in the report of the time from an action to its expected message. */
const TIMES = { connect: "hub.greeting_time", send: "hub.reply_time", request: "hub.delivery_time" };

class JunctionEngine extends HttpEngine {
  /** `helpers` are Artillery's own; their `template` fills in `{{ variables }}`. */
  constructor(script, events, helpers) {
    super(script, events, helpers);
    this.envelope = script.config.engines.junction.envelope;
    this.timeoutMs = script.config.timeout * 1000;
    this.template = helpers.template;
  }

  step(spec, events, hooks) {
    if (spec.connect) return step((context) => this.connect(this.template(spec.connect, context), context, events));
    if (spec.send) return step((context) => this.send(this.template(spec.send, context), context, events));
    if (spec.expect) return step((context) => this.expect(this.template(spec.expect, context), context, events));
    const other = super.step(spec, events, hooks);
    if (!REQUESTS.some((method) => spec[method])) return other;
    return (context, callback) => {
      begin(context, "request");
      other(context, callback);
    };
  }

  /**
   * Compiles a scenario that closes its connection at the end. It fails if the connection had a fault that no step
   * reported.
   */
  compile(tasks, scenario, events) {
    const run = super.compile(tasks, scenario, events);
    return (context, callback) => {
      run(context, async (error, result) => {
        await context.connection?.close();
        const fault = context.inbox?.fault;
        if (!error && fault) events.emit("error", fault.message);
        callback(error ?? fault, result);
      });
    };
  }

  async connect({ path, namespace, token, apiKey }, context, events) {
    const { transport } = context.vars;
    context.inbox = new Inbox(() => events.emit("counter", "hub.messages_received", 1));
    begin(context, "connect");
    const { target } = this.config;
    const options = { target, path, namespace, token, apiKey, envelope: this.envelope, timeoutMs: this.timeoutMs };
    context.connection = await TRANSPORTS[transport](options, context.inbox);
    events.emit("counter", `hub.connections.${transport}`, 1);
    events.emit("histogram", "hub.connect_time", performance.now() - context.action.at);
  }

  async send({ type, ...payload }, context, events) {
    begin(context, "send");
    context.connection.send(type, payload);
    events.emit("counter", "hub.messages_sent", 1);
  }

  async expect(expected, context, events) {
    const { at } = await context.inbox.next(expected.type, (message) => isMatch(message, expected), this.timeoutMs);
    events.emit("histogram", TIMES[context.action.kind], at - context.action.at);
  }
}

function begin(context, kind) {
  context.inbox?.clear();
  context.action = { kind, at: performance.now() };
}

/** Makes an Artillery step of an async function. */
function step(run) {
  return (context, callback) => {
    run(context).then(
      () => callback(null, context),
      (error) => callback(error, context),
    );
  };
}

module.exports = JunctionEngine;
