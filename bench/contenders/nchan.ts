import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Contender } from "./contender.ts";
import { freePort, outputOf, pidOf, startListening, stop } from "./programs.ts";

const MODULE = "ngx_nchan_module.so";

/** nginx with the nchan module: publishers by HTTP, subscribers by WebSocket, all in C. */
export const nchan: Contender = {
  title: "nchan (nginx module)",
  settings:
    "one nginx worker; memory store; a buffer of 1,000 messages per channel (its default of 10 would lose what is outstanding); published by one HTTP request per message",
  async missing() {
    return (await modulePath()) === undefined ? "not installed (Debian: libnginx-mod-nchan)" : undefined;
  },
  async versions() {
    const nginx = /nginx\/([\d.]+)/.exec((await outputOf("nginx", "-v")) ?? "")?.[1];
    const module = /Version: (\S+)/.exec((await outputOf("dpkg", "-s", "libnginx-mod-nchan")) ?? "")?.[1];
    return { ...(nginx && { nginx }), ...(module && { nchan: module }) };
  },
  async start({ folder }) {
    const port = await freePort();
    await mkdir(path.join(folder, "temp"), { recursive: true });
    // nginx that was started by root serves as another user, which has to reach its folder.
    await chmod(folder, 0o755);
    const file = path.join(folder, "nchan.conf");
    await writeFile(file, configuration((await modulePath()) ?? "", folder, port));
    const program = await startListening("nginx", "nginx", ["-p", folder, "-c", file], port);
    return { target: { protocol: "nchan", workers: [{ pid: pidOf(program), port }] }, stop: () => stop(program) };
  },
};

async function modulePath(): Promise<string | undefined> {
  const folder = /--modules-path=(\S+)/.exec((await outputOf("nginx", "-V")) ?? "")?.[1];
  const file = folder === undefined ? undefined : path.join(folder, MODULE);
  return file !== undefined && existsSync(file) ? file : undefined;
}

function configuration(module: string, folder: string, port: number): string {
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `  ${kind}_temp_path ${path.join(folder, "temp", kind)};`,
  );
  return `load_module ${module};
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${path.join(folder, "nginx.pid")};
error_log stderr error;
events { worker_connections 20000; }
http {
  access_log off;
${temp.join("\n")}
  # A publisher's connection stays as long as it publishes.
  keepalive_requests 10000000;
  keepalive_timeout 1h;
  nchan_max_reserved_memory 256M;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location ~ ^/subscribe/(\\w+)$ {
      nchan_subscriber websocket;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
    }
    location ~ ^/publish/(\\w+)$ {
      nchan_publisher http;
      nchan_channel_id $1;
      nchan_message_buffer_length 1000;
      nchan_message_timeout 1m;
    }
  }
}
`;
}
