import { expect } from "chai";
import type { Exit } from "../../src/cluster/program.ts";
import { type Running, Supervisor } from "../../src/cluster/supervisor.ts";

/** Something that runs until it is told to end. */
class Fake implements Running {
  end: (exit: Exit) => void = () => {};
  readonly exited = new Promise<Exit>((resolve) => {
    this.end = resolve;
  });
}

const KILLED: Exit = { code: null, signal: "SIGKILL" };

describe("a supervisor", () => {
  function keep(start: () => Promise<Fake>) {
    const delays: number[] = [];
    let back = (): void => {};
    let gaveUp = (_error: Error): void => {};
    const supervisor = new Supervisor<Fake>({
      start,
      onEnd: (_exit, delay) => delays.push(delay),
      onBack: () => back(),
      onGaveUp: (error) => gaveUp(error),
    });
    return {
      supervisor,
      delays,
      isBack: () => new Promise<void>((resolve) => (back = resolve)),
      hasGivenUp: () => new Promise<Error>((resolve) => (gaveUp = resolve)),
    };
  }

  it("starts what has ended again, each time after twice as long", async () => {
    const { supervisor, delays, isBack } = keep(async () => new Fake());
    await supervisor.begin();
    for (let i = 0; i < 2; i++) {
      const ended = supervisor.current!;
      const back = isBack();
      ended.end(KILLED);
      await back;
      expect(supervisor.current).not.to.equal(ended);
    }
    expect(delays).to.eql([250, 500]);
  });

  it("gives up what ends at start three times, with its own words", async () => {
    let starts = 0;
    const { supervisor } = keep(async () => {
      throw new Error(`words ${++starts}`);
    });
    expect(await supervisor.begin().catch((error: Error) => error.message)).to.equal("words 3");
  });

  it("tells when what has run cannot be started again", async () => {
    let starts = 0;
    const { supervisor, hasGivenUp } = keep(async () => {
      if (++starts > 1) throw new Error("no more");
      return new Fake();
    });
    await supervisor.begin();
    const error = hasGivenUp();
    supervisor.current!.end(KILLED);
    expect((await error).message).to.equal("no more");
    expect(starts).to.equal(4);
  });

  it("does not watch what it has replaced, nor anything once it is stopped", async () => {
    const { supervisor, delays } = keep(async () => new Fake());
    await supervisor.begin();
    const former = await supervisor.replace();
    expect(former).not.to.equal(supervisor.current);
    former!.end({ code: 0, signal: null });
    await former!.exited;
    supervisor.stop();
    supervisor.current!.end(KILLED);
    await supervisor.current!.exited;
    await Promise.resolve();
    expect(delays).to.eql([]);
  });
});
