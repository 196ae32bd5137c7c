/** The messages that one client has received since its last action, and the message that it waits for. */
class Inbox {
  /**
   * The error after which no message can be expected: the hub sent one, or ended the connection. The first one counts.
   */
  fault;
  #messages = [];
  #waiting;
  #received;

  /** `received` is called for each message. */
  constructor(received) {
    this.#received = received;
  }

  /** Adds a message. `payload` has the fields beside `type`, or those in `data` for an app with an envelope. */
  deliver(type, payload) {
    this.#received();
    if (type === "error") return this.fail(`error: ${payload.message ?? payload.detail}`);
    const entry = { message: { type, ...payload }, at: performance.now() };
    if (this.#waiting?.matches(entry.message)) this.#waiting.resolve(entry);
    else this.#messages.push(entry);
  }

  fail(why) {
    this.fault ??= new Error(why);
    this.#waiting?.reject(this.fault);
  }

  clear() {
    this.#messages = [];
  }

  /**
   * Removes the first message that matches, and resolves to it and its time of arrival. Rejects on a fault or after
   * `timeoutMs`.
   */
  async next(type, matches, timeoutMs) {
    const found = this.#messages.findIndex(({ message }) => matches(message));
    if (found >= 0) return this.#messages.splice(found, 1)[0];
    if (this.fault) throw this.fault;
    let timer;
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { matches, resolve, reject };
        timer = setTimeout(() => reject(new Error(`no ${type} as expected: ${this.#seen(type)}`)), timeoutMs);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  #seen(type) {
    const ofType = this.#messages.filter(({ message }) => message.type === type).length;
    return ofType > 0 ? `those that came were different` : `none came`;
  }
}

module.exports = { Inbox };
