import { expect } from "chai";
import type { Joining } from "../../src/hub/delivering.ts";
import { joinAll } from "../../src/hub/resume.ts";

/** A client of rooms that stand at 9, with what happens to it, in order. One room cannot be joined. */
function aClient() {
  const happened: string[] = [];
  return {
    happened,
    async join(room: string, { since, confirm }: Joining = {}) {
      if (room === "closed") throw new Error("closed");
      happened.push(`in ${room}`);
      try {
        await confirm?.(since === undefined ? {} : { recovered: since > 5, seq: 9 });
      } catch (error) {
        happened.push(`out of ${room}`);
        throw error;
      }
      happened.push(`missed of ${room}`);
    },
  };
}

const room = (name: string, since?: number) => ({ room: name, since });

describe("joining several rooms with one confirmation", () => {
  it("confirms once the client is in all, before anything of any of them, what there is to say of each", async () => {
    const client = aClient();
    await joinAll(client, [room("a", 3), room("b"), room("c", 7)], (resumed) => {
      client.happened.push("confirmed");
      expect(resumed).to.eql([{ recovered: false, seq: 9 }, {}, { recovered: true, seq: 9 }]);
    });
    expect(client.happened.slice(0, 4)).to.eql(["in a", "in b", "in c", "confirmed"]);
    expect(client.happened.slice(4)).to.have.members(["missed of a", "missed of b", "missed of c"]);
  });

  it("confirms no rooms at once", async () => {
    const client = aClient();
    await joinAll(client, [], (resumed) => {
      client.happened.push("confirmed");
      expect(resumed).to.eql([]);
    });
    expect(client.happened).to.eql(["confirmed"]);
  });

  it("is in none where one of them, or the confirmation, fails", async () => {
    for (const [rooms, confirm] of [
      [[room("a"), room("b"), room("closed")], () => {}],
      [
        [room("a"), room("b")],
        () => {
          throw new Error("closed");
        },
      ],
    ] as const) {
      const client = aClient();
      const failure = await joinAll(client, rooms, confirm).catch((error: unknown) => error);
      expect(failure).to.be.an("error").with.property("message", "closed");
      expect(client.happened).to.eql(["in a", "in b", "out of b", "out of a"]);
    }
  });
});
