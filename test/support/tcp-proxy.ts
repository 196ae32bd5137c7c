import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Carries bytes between clients and a server, and can be told to fail as networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks every connection and, until `restore`, every new one. */
  cut(): void;
  restore(): void;
  /** Lets the next thing clients send through, but not what the server answers: then breaks all connections, once. */
  loseNextAnswer(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(server: { host: string; port: number }): Promise<TcpProxy> {
  const clients = new Set<Socket>();
  let isCut = false;
  let losing = false;

  const breakAll = (): void => {
    for (const client of clients) client.destroy();
  };
  const proxy = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(server);
    clients.add(client);
    client.on("close", () => {
      clients.delete(client);
      upstream.destroy();
    });
    upstream.on("close", () => client.destroy());
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
    client.pipe(upstream);
    upstream.on("data", (answer) => {
      if (!losing) {
        client.write(answer);
        return;
      }
      losing = false;
      breakAll();
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");

  return {
    port: (proxy.address() as AddressInfo).port,
    cut() {
      isCut = true;
      breakAll();
    },
    restore() {
      isCut = false;
    },
    loseNextAnswer() {
      losing = true;
    },
    async close() {
      breakAll();
      proxy.close();
      await once(proxy, "close");
    },
  };
}
