import type { Contender } from "./contender.ts";
import { freePort, outputOf, pidOf, startListening, stop } from "./programs.ts";

/** Python on the PATH, and the system's Python, which has the packages of the distribution. */
const PYTHONS = ["python3", "/usr/bin/python3"];

const VERSIONS = `import channels, channels_redis, daphne, django, platform
print(f"Python {platform.python_version()}, Django {django.__version__}, Channels {channels.__version__}, " +
      f"channels_redis {channels_redis.__version__}, daphne {daphne.__version__}")`;

/** Django Channels on daphne, with Redis as its channel layer even on one server, as its documentation requires. */
export const djangoChannels: Contender = {
  title: "Django Channels on daphne",
  settings:
    "channels_redis; capacity 100,000, so that it drops nothing; published by one HTTP request per message; its Redis is not counted",
  needsRedis: true,
  async missing() {
    return (await python())
      ? undefined
      : "not installed (Debian: python3-django-channels daphne python3-channels-redis)";
  },
  async versions() {
    return { "Django Channels": (await python())?.versions ?? "" };
  },
  async start({ workers, redisUrl }) {
    const { command } = (await python()) ?? { command: "python3" };
    const started: { pid: number; port: number; stop: () => Promise<void> }[] = [];
    for (let worker = 1; worker <= workers; worker++) {
      const port = await freePort();
      const args = ["-m", "daphne", "-b", "127.0.0.1", "-p", String(port), "django_channels:application"];
      const options = {
        cwd: import.meta.dirname,
        env: { ...process.env, REDIS_URL: redisUrl, PYTHONDONTWRITEBYTECODE: "1" },
      };
      const program = await startListening("daphne", command, args, port, options);
      started.push({ pid: pidOf(program), port, stop: () => stop(program) });
    }
    return {
      target: { protocol: "django-channels", workers: started.map(({ pid, port }) => ({ pid, port })) },
      async stop() {
        await Promise.all(started.map(({ stop }) => stop()));
      },
    };
  },
};

let found: Promise<{ command: string; versions: string } | undefined> | undefined;

function python() {
  found ??= (async () => {
    for (const command of PYTHONS) {
      const versions = await outputOf(command, "-c", VERSIONS);
      if (versions !== undefined) return { command, versions: versions.trim() };
    }
    return undefined;
  })();
  return found;
}
