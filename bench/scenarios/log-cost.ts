import { PADS } from "../contenders/notes-app.ts";
import { now, type Sent } from "../contenders/ticker.ts";
import { Crowd } from "../load/crowd.ts";
import { HttpClient } from "../load/http.ts";
import { latencyFigures } from "../report/statistics.ts";
import { moment, since } from "./measure.ts";
import type { Scenario } from "./scenario.ts";

const ROOM = "room1";
const SUBSCRIBERS = 500;
const NOTES_EACH = 50;
const WARM_UP_EACH = 10;
const TEXT = "A message about as long as a location.".padEnd(70, ".");

/** The whole path of a message that a change causes, with class `log`, which is stored, and with class `volatile`. */
export const logCost: Scenario = {
  name: "log-cost",
  title: `${PADS} clients change documents by HTTP on one worker; ${SUBSCRIBERS} subscribers on another get a message for each change`,
  contenders: ["junction-log", "junction-volatile"],
  workers: 2,
  chart: "cpuMsPerMessage",
  async run(target) {
    const crowd = new Crowd(target, { sampleEvery: 1, ordered: false });
    const members = Array.from({ length: SUBSCRIBERS }, () => ROOM);
    await crowd.join(members, { concurrency: 50 });
    const http = new HttpClient(target.publisherPort, PADS);
    const type = target.variant;
    let written = 0;

    await note(WARM_UP_EACH);
    crowd.startSampling();
    const before = moment(target);
    await note(NOTES_EACH);
    const { serverMs, busy } = since(before, target);
    const latencies = latencyFigures(crowd.latencies);
    http.close();
    return { cpuMsPerMessage: serverMs / (PADS * NOTES_EACH), ...latencies, ...busy };

    /**
     * Writes notes as each client, on a pad of its own, one after the other. Resolves when all subscribers have all.
     */
    async function note(times: number): Promise<void> {
      await Promise.all(
        Array.from({ length: PADS }, async (_, pad) => {
          for (let i = 0; i < times; i++) {
            written += 1;
            const body = JSON.stringify({ room: ROOM, type, note: { n: written, at: now(), text: TEXT } });
            const answer = await http.call("POST", `/api/notes/${pad + 1}`, body);
            if (answer.status !== 201) throw new Error(`a note was answered ${answer.status}: ${answer.body}`);
          }
        }),
      );
      await crowd.hasReceived({ [ROOM]: written } satisfies Sent);
    }
  },
};
