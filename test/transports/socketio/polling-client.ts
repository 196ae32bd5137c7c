/** A Socket.IO client on the polling transport that asks only when it is told to, in the words of the protocol. */
export class PollingClient {
  readonly #url: string;
  #session = "";

  constructor(base: string) {
    this.#url = `${base}/socket.io/?EIO=4&transport=polling`;
  }

  /** Opens the connection and enters a namespace; resolves when it is in, with what came along. */
  async enter(namespace: string, auth: object = {}): Promise<string[]> {
    const [open = ""] = await this.poll();
    this.#session = `&sid=${(JSON.parse(open.slice(1)) as { sid: string }).sid}`;
    await this.post(`40${namespace},${JSON.stringify(auth)}`);
    const had: string[] = [];
    while (!had.some((packet) => packet.startsWith(`40${namespace},`))) had.push(...(await this.poll()));
    return had;
  }

  /** One request for what waits; it stays open until there is something. */
  async poll(): Promise<string[]> {
    const response = await fetch(this.#url + this.#session);
    return (await response.text()).split("\x1e");
  }

  /** One request with packets for the hub; its status. */
  async post(...packets: string[]): Promise<number> {
    const response = await fetch(this.#url + this.#session, { method: "POST", body: packets.join("\x1e") });
    await response.text();
    return response.status;
  }

  /** Ends the connection. */
  async leave(): Promise<void> {
    await this.post("1");
  }
}
