import { renderNginx } from "../cluster/nginx.ts";
import { readConfig } from "./starting.ts";

// Prints the configuration of nginx for docker-compose.yml, where the workers are containers of the service `worker`.

/** The folder in nginx's container for its sockets and logs. */
const FOLDER = "/tmp/junction";

const config = await readConfig({});
const { tls, ...limits } = config.nginx;
const workers = Array.from({ length: config.workers ?? 3 }, (_, i) => ({
  name: `w${i + 1}`,
  addresses: config.doors.map(({ port }) => {
    const address = `junction-worker-${i + 1}:${port}`;
    return { entrance: address, sessions: address };
  }),
}));
console.log(renderNginx({ folder: FOLDER, generation: 1, doors: config.doors, workers, limits, tls, ipv6: false }));
