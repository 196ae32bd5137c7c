import path from "node:path";
import { Program } from "../../src/cluster/program.ts";
import type { ProtocolName } from "../load/protocols.ts";
import type { Contender, Start } from "./contender.ts";
import type { Ready } from "./control.ts";
import { pidOf, stop } from "./programs.ts";
import type { Settings } from "./settings.ts";

const TSX = import.meta.resolve("tsx");

/** A contender that is a Node program in a file beside this one. */
export interface NodeContender extends Pick<Contender, "title" | "settings"> {
  readonly file: string;
  readonly protocol: ProtocolName;
  readonly variant?: string;
  readonly options?: Pick<Settings, "coalesceMs" | "oneAtATime">;
}

export function nodeContender({ file, protocol, variant, options, ...description }: NodeContender): Contender {
  return {
    ...description,
    async start(start) {
      const running: { program: Program; ready: Ready }[] = [];
      const end = async (): Promise<void> => {
        await Promise.all(running.map(({ program }) => stop(program)));
      };
      try {
        for (let worker = 1; worker <= start.workers; worker++) {
          running.push(await startOne(file, { ...options, worker, ...start }));
        }
      } catch (error) {
        await end();
        throw error;
      }
      const workers = running.map(({ program, ready }) => ({ pid: pidOf(program), ...ready }));
      return { target: { protocol, workers, ...(variant !== undefined && { variant }) }, stop: end };
    },
  };
}

async function startOne(file: string, { workers: _, ...settings }: Settings & Start) {
  const script = path.join(import.meta.dirname, file);
  // Garbage is collected on request before memory is read; nothing else uses what the flag exposes.
  const args = ["--expose-gc", "--import", TSX, script, JSON.stringify(settings)];
  const program = new Program(file, process.execPath, args, { ipc: true });
  const ready = await new Promise<Ready>((resolve, reject) => {
    program.onMessage((message) => resolve(message as Ready));
    program.exited.then(() => reject(new Error(`${file} did not start:\n${program.lastOutput}`)));
  });
  return { program, ready };
}
