import { expect } from "chai";
import { type Payload, type Plan, Ticker } from "../../bench/contenders/ticker.ts";

const nextTick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a ticker has published, by room, as the numbers of the messages. */
function collect(plan: Plan) {
  const published: Record<string, number[]> = {};
  const calls: (readonly Payload[])[] = [];
  const ticker = new Ticker(plan, (room, payloads) => {
    calls.push(payloads);
    published[room] = [...(published[room] ?? []), ...payloads.map(({ n }) => n)];
  });
  return { ticker, published, calls };
}

describe("the benchmark's ticker", () => {
  it("waits when so many ticks are outstanding, and goes on when they are acknowledged", async () => {
    const { ticker, calls } = collect({ rooms: ["a"], roomsPerTick: 1, perTick: 2, pace: { outstanding: 3 } });
    for (let i = 0; i < 10; i++) await nextTick();
    expect(calls).to.have.length(3);
    ticker.acknowledge(2);
    for (let i = 0; i < 10; i++) await nextTick();
    expect(calls).to.have.length(5);
    expect(ticker.stop()).to.eql({ a: 10 });
  });

  it("gives each tick a turn of the loop of its own, after what the tick before has scheduled", async () => {
    const order: string[] = [];
    const plan: Plan = { rooms: ["a"], roomsPerTick: 1, perTick: 1, pace: { outstanding: 3 } };
    await new Promise<void>((resolve) => {
      const ticker = new Ticker(plan, (_room, [payload]) => {
        order.push(`publish ${payload?.n}`);
        setImmediate(() => {
          order.push(`write ${payload?.n}`);
          if (payload?.n === 3) resolve();
        });
        if (payload?.n === 3) ticker.stop();
      });
    });
    expect(order).to.eql(["publish 1", "write 1", "publish 2", "write 2", "publish 3", "write 3"]);
  });

  it("numbers the messages of each room from 1, the rooms taking turns", async () => {
    const plan: Plan = { rooms: ["a", "b", "c"], roomsPerTick: 2, perTick: 1, pace: { outstanding: 3 } };
    const { ticker, published } = collect(plan);
    for (let i = 0; i < 10; i++) await nextTick();
    expect(published).to.eql({ a: [1, 2], b: [1, 2], c: [1, 2] });
    expect(ticker.stop()).to.eql({ a: 2, b: 2, c: 2 });
  });

  it("publishes nothing once it is stopped, and says what it has sent to whom", async () => {
    const { ticker, calls } = collect({ rooms: ["a", "b"], roomsPerTick: 1, perTick: 1, pace: { outstanding: 9 } });
    expect(ticker.stop()).to.eql({ a: 0, b: 0 });
    for (let i = 0; i < 5; i++) await nextTick();
    expect(calls).to.eql([]);
  });
});
