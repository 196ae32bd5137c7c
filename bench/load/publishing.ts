import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { Answer, ControlMessage } from "../contenders/control.ts";
import { type Plan, type Sent, Ticker } from "../contenders/ticker.ts";
import type { Crowd } from "./crowd.ts";
import { Pipeline } from "./pipeline.ts";
import type { Target } from "./target.ts";

/** A publishing by plan that is under way until it is stopped. */
export interface Publishing {
  /** Stops it. Resolves to the numbers of messages sent. */
  stop(): Promise<Sent>;
}

/** A publishing that is informed of the ticks that have arrived. */
interface Publisher extends Publishing {
  acknowledge(ticks: number): void;
}

/** The connection to the control port of a Node contender. Answers come in the order of the requests. */
export class ControlLine {
  readonly #socket;
  readonly #waiting: ((answer: Answer) => void)[] = [];

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    createInterface(this.#socket).on("line", (line) => this.#waiting.shift()?.(JSON.parse(line) as Answer));
  }

  send(message: ControlMessage): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  request(message: ControlMessage): Promise<Answer> {
    this.send(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Makes the server of `target` publish by `plan` to the crowd, which acknowledges the ticks that have reached it. */
export function publish(target: Target, plan: Plan, crowd: Crowd): Publishing {
  const publisher = target.control === undefined ? byHttp(target, plan) : byControl(target.control, plan);
  const { pace, rooms, roomsPerTick, perTick } = plan;
  if ("outstanding" in pace) {
    const perTickReceived = (crowd.size / rooms.length) * roomsPerTick * perTick;
    const step = Math.max(1, pace.outstanding / 4);
    let acknowledged = 0;
    crowd.onProgress(() => {
      const ticks = Math.floor(crowd.total / perTickReceived);
      if (ticks < acknowledged + step) return;
      acknowledged = ticks;
      publisher.acknowledge(ticks);
    });
  }
  return publisher;
}

/** Starts a ticker in the server. */
function byControl(port: number, plan: Plan): Publisher {
  const line = new ControlLine(port);
  line.send({ start: plan });
  return {
    acknowledge: (ticks) => line.send({ acknowledge: ticks }),
    async stop() {
      const answer = await line.request({ stop: true });
      line.close();
      return "stopped" in answer ? answer.stopped : {};
    },
  };
}

/** Starts a ticker in this process, which sends a request for each message. */
function byHttp(target: Target, plan: Plan): Publisher {
  const { publication, pipelined = 1 } = target.protocol;
  if (!publication) throw new Error("nothing publishes for this contender");
  const pipeline = new Pipeline(target.publisherPort, pipelined);
  const ticker = new Ticker(plan, (room, payloads) => {
    for (const payload of payloads) {
      const { path, body } = publication(room, JSON.stringify(payload));
      pipeline.post(path, body);
    }
    pipeline.flush();
  });
  return {
    acknowledge: (ticks) => ticker.acknowledge(ticks),
    async stop() {
      const sent = ticker.stop();
      await pipeline.end();
      return sent;
    },
  };
}
