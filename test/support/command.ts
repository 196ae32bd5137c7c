import { randomUUID } from "node:crypto";
import { RecordedCommand } from "../../src/commands/recorded-command.ts";
import type { Command } from "../../src/hub/commands.ts";

/** A command that comes several times, as when its worker died before the answer: each call gives one of its comings. */
export function comingAgain(): () => Command {
  const name = randomUUID();
  const numbers: number[] = [];
  const note = async (ordinal: number, number: number): Promise<number> => {
    numbers[ordinal] ??= number;
    return numbers[ordinal];
  };
  return () => new RecordedCommand({ name, numbers: [...numbers], note });
}
