import { expect } from "chai";
import type { Bench } from "./bench.ts";
import { entry, FOREVER, LogBench, named, upTo } from "./log-bench.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What is promised of what is removed from the log of a room. */
export function logTrim(bench: Bench): void {
  describe("the room log, when it is trimmed,", () => {
    const own = new LogBench(bench);

    beforeEach(async () => {
      own.clock.advance(HOUR);
      // Of the rooms of the tests before, the newest message alone is left.
      await own.log.trim(() => ({ messages: 1, ms: 0 }));
    });

    it("by number keeps the newest so many, which keep their places", async () => {
      const [room, small] = [own.aRoom(), own.aRoom()];
      await own.fill(room, 10);
      await own.fill(small, 3);
      own.clock.advance(10 * MINUTE);
      expect(await own.log.trim(() => ({ ...FOREVER, messages: 3 }))).to.equal(7);
      expect(await own.seqs(room)).to.deep.equal([8, 9, 10]);
      expect(await own.seqs(small)).to.deep.equal([1, 2, 3]);
      expect(await own.log.newest([named(room)])).to.deep.equal([10]);
      expect(await own.log.positions("7", [named(room)])).to.deep.equal([]);
      expect(await own.log.positions("8", [named(room)])).to.deep.equal([{ room, offset: 8 }]);
      expect(await own.log.trim(() => ({ ...FOREVER, messages: 3 }))).to.equal(0);
      expect(await own.places(entry("8", room), entry("next", room))).to.deep.equal([[8], [11]]);
    });

    it("by age removes what is older, also where nobody has written since", async () => {
      const [room, idle] = [own.aRoom(), own.aRoom()];
      await own.fill(room, 3);
      await own.fill(idle, 3);
      own.clock.advance(10 * MINUTE);
      await own.fill(room, 5, 4);
      const keep = { ...FOREVER, ms: 15 * MINUTE };
      expect(await own.log.trim(() => keep)).to.equal(0);
      own.clock.advance(10 * MINUTE);
      expect(await own.log.trim(() => keep)).to.equal(5);
      expect(await own.seqs(room)).to.deep.equal([4, 5]);
      expect(await own.seqs(idle)).to.deep.equal([3]);
      own.clock.advance(10 * MINUTE);
      expect(await own.log.trim(() => keep)).to.equal(1);
      expect(await own.seqs(room)).to.deep.equal([5]);
    });

    it("never loses the newest message of a room, until there is a newer one", async () => {
      const room = own.aRoom();
      await own.fill(room, 4);
      own.clock.advance(10 * MINUTE);
      const nothing = () => ({ messages: 0, ms: 0 });
      await own.log.trim(nothing);
      expect(await own.seqs(room)).to.deep.equal([4]);
      own.clock.advance(HOUR);
      expect(await own.log.trim(nothing)).to.equal(0);
      await own.fill(room, 5, 5);
      expect(await own.log.trim(() => ({ ...FOREVER, ms: HOUR / 2 }))).to.equal(1);
      expect(await own.seqs(room)).to.deep.equal([5]);
    });

    it("asks for each namespace how much is to be kept", async () => {
      const room = own.aRoom();
      const elsewhere = upTo(4).map((at) => {
        const { id, message } = entry(`${at}`, room);
        return { id, message: { ...message, namespace: "/elsewhere" } };
      });
      await own.log.append(elsewhere);
      await own.fill(room, 4);
      own.clock.advance(10 * MINUTE);
      const keep = (namespace: string) => ({ ...FOREVER, messages: namespace === "/elsewhere" ? 2 : 3 });
      expect(await own.log.trim(keep)).to.equal(3);
      expect(await own.log.read({ namespace: "/elsewhere", room }, 0, 10)).to.have.length(2);
      expect(await own.seqs(room)).to.deep.equal([2, 3, 4]);
    });

    it("of more than one batch loses all that need not be kept", async () => {
      const [room, other] = [own.aRoom(), own.aRoom()];
      await own.fill(room, 700);
      await own.fill(other, 300);
      own.clock.advance(10 * MINUTE);
      expect(await own.log.trim(() => ({ ...FOREVER, messages: 5 }))).to.equal(695 + 295);
      expect(await own.seqs(room)).to.deep.equal(upTo(700, 696));
      expect(await own.seqs(other)).to.deep.equal(upTo(300, 296));
    });
  });
}
