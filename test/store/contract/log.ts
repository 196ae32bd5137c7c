import { expect } from "chai";
import type { RoomName } from "../../../src/store/log.ts";
import type { Bench } from "./bench.ts";
import { refusalOf } from "./documents.ts";
import { entry, everything, LogBench, NAMESPACE, named, upTo } from "./log-bench.ts";

const HOUR = 3_600_000;

/** What is promised of the messages of class `log`, by room. */
export function log(bench: Bench): void {
  describe("the room log", () => {
    const own = new LogBench(bench);

    it("gives messages the places 1, 2, 3 of their room, in the order given", async () => {
      const room = own.aRoom();
      expect(await own.log.append([])).to.deep.equal([]);
      expect(await own.log.append([entry("a", room), entry("b", room)])).to.deep.equal([
        [{ room, offset: 1 }],
        [{ room, offset: 2 }],
      ]);
      expect(await own.places(entry("c", room))).to.deep.equal([[3]]);
      expect(await own.ids(room)).to.deep.equal(["a", "b", "c"]);
    });

    it("tells rooms and messages apart, whatever their names", async () => {
      const names = ["a b", "a", "b", "", " ", "1", "01", '","', "\0", "\ud800", "\ud801", "é", "e\u0301", "__proto__"];
      const long = [`${"€".repeat(511)}1`, `${"€".repeat(511)}2`, `${"\0".repeat(511)}1`, `${"\0".repeat(511)}2`];
      const all = [...names, ...long];
      const where = all.flatMap((room) => [named(room), { namespace: `${NAMESPACE} ${room}`, room: "" }]);
      const messages = where.flatMap(({ namespace, room }, at) =>
        ["same", "€".repeat(200), `${"€".repeat(199)}!`].map((id) => {
          return { id, message: { ...entry(id, room).message, namespace, payload: { at } } };
        }),
      );
      own.clock.advance(HOUR);
      expect(await own.places(...messages)).to.deep.equal(where.flatMap(() => [[1], [2], [3]]));
      for (const [at, name] of where.entries()) {
        const entries = await own.log.read(name, 0, 10);
        expect(entries.map(({ id, message }) => `${message.payload.at} ${id}`)).to.deep.equal(
          ["same", "€".repeat(200), `${"€".repeat(199)}!`].map((id) => `${at} ${id}`),
        );
      }
      const text = (list: readonly RoomName[]) =>
        list.map((one) => JSON.stringify([one.namespace, one.room])).toSorted();
      expect(text(await own.log.writtenSince(own.clock.now()))).to.deep.equal(text(where));
    });

    it("takes calls in the order they are made", async () => {
      const room = own.aRoom();
      const calls = upTo(120).map((at) => own.places(entry(`${at}`, room)));
      expect(await Promise.all(calls)).to.deep.equal(upTo(120).map((at) => [[at]]));
      expect(await own.ids(room)).to.deep.equal(upTo(120).map(String));
    });

    it("gives a message a place in each of its rooms, in their order", async () => {
      const [one, two] = [own.aRoom(), own.aRoom()];
      await own.fill(two, 2);
      expect(await own.log.append([entry("both", one, two), entry("turned", two, one)])).to.deep.equal([
        [
          { room: one, offset: 1 },
          { room: two, offset: 3 },
        ],
        [
          { room: two, offset: 4 },
          { room: one, offset: 2 },
        ],
      ]);
      expect(await own.places(entry("none"))).to.deep.equal([[]]);
    });

    it("gives a message back as it was, whatever its payload", async () => {
      const room = own.aRoom();
      const payload = JSON.parse('{"a.b":1,"$set":{"":[[1,"\\ud800"]]},"__proto__":{"x":null},"nul":"\\u0000"}');
      const sent = entry("i", room);
      await own.log.append([{ ...sent, message: { ...sent.message, payload } }]);
      const { key: _, ...message } = { ...sent.message, payload };
      expect(await own.log.read(named(room), 0, 1)).to.deep.equal([{ id: "i", offset: 1, message }]);
    });

    it("keeps the place of a message that comes again: alone, among others, in another order, twice at once", async () => {
      const [room, other] = [own.aRoom(), own.aRoom()];
      await own.fill(room, 3);
      expect(await own.places(entry("2", room))).to.deep.equal([[2]]);
      const mixed = ["new", "3", "1", "newer", "2", "new"].map((id) => entry(id, room));
      expect(await own.places(...mixed)).to.deep.equal([[4], [3], [1], [5], [2], [4]]);
      expect(await own.places(entry("2", other, room))).to.deep.equal([[1, 2]]);
      const twice = [own.places(entry("x", room), entry("y", room)), own.places(entry("y", room), entry("x", room))];
      expect(await Promise.all(twice)).to.deep.equal([
        [[6], [7]],
        [[7], [6]],
      ]);
      expect(await own.ids(room)).to.deep.equal(["1", "2", "3", "new", "newer", "x", "y"]);
    });

    it("leaves no place out where some of hundreds of messages are there already", async () => {
      const room = own.aRoom();
      const known = [50, 51, 120, 199, 200, 201, 240];
      await own.log.append(known.map((at) => entry(`${at}`, room)));
      await own.fill(room, 250);
      expect(await own.seqs(room)).to.deep.equal(upTo(250));
      expect((await own.ids(room)).toSorted((a, b) => Number(a) - Number(b))).to.deep.equal(upTo(250).map(String));
    });

    it("is read after a place, in pages", async () => {
      const room = own.aRoom();
      await own.fill(room, 12);
      const page = async (seq: number, limit: number) =>
        (await own.log.read(named(room), seq, limit)).map((one) => one.offset);
      expect(await page(0, 5)).to.deep.equal(upTo(5));
      expect(await page(5, 5)).to.deep.equal(upTo(10, 6));
      expect(await page(10, 5)).to.deep.equal([11, 12]);
      expect(await page(12, 5)).to.deep.equal([]);
      expect(await page(Number.MAX_SAFE_INTEGER, 5)).to.deep.equal([]);
      expect(await own.log.read(named("never written to"), 0, 5)).to.deep.equal([]);
    });

    it("knows the newest place of each room, and none of one that was never written to", async () => {
      const [one, two] = [own.aRoom(), own.aRoom()];
      await own.fill(one, 2);
      await own.fill(two, 1);
      const asked = [two, "never written to", one].map(named);
      expect(await own.log.newest(asked)).to.deep.equal([1, 0, 2]);
      expect(await own.log.newest([{ namespace: "/elsewhere", room: one }])).to.deep.equal([0]);
      expect(await own.log.newest([])).to.deep.equal([]);
    });

    it("knows where a message stands, and leaves out the rooms that it is not in", async () => {
      const [one, two, three] = [own.aRoom(), own.aRoom(), own.aRoom()];
      await own.fill(one, 4);
      await own.fill(three, 1);
      await own.log.append([entry("i", two, one)]);
      expect(await own.log.positions("i", [three, one, two].map(named))).to.deep.equal([
        { room: one, offset: 5 },
        { room: two, offset: 1 },
      ]);
      expect(await own.log.positions("other", [named(one)])).to.deep.equal([]);
    });

    it("knows the rooms that were written to since a time", async () => {
      own.clock.advance(HOUR);
      const [one, two, three] = [own.aRoom(), own.aRoom(), own.aRoom()];
      const start = own.clock.now();
      await own.log.append([entry("a", one, two)]);
      own.clock.advance(1_000);
      await own.log.append([entry("b", one), entry("c", one), entry("b", three)]);
      own.clock.advance(61_000);
      await own.log.append([entry("a", one, two), entry("d", three)]);
      const since = async (ms: number) =>
        Object.fromEntries((await own.log.writtenSince(start + ms)).map(({ room, newest }) => [room, newest]));
      expect(await since(0)).to.deep.equal({ [one]: 3, [two]: 1, [three]: 2 });
      expect(await since(1)).to.deep.equal({ [one]: 3, [three]: 2 });
      expect(await since(1_000)).to.deep.equal({ [one]: 3, [three]: 2 });
      expect(await since(1_001)).to.deep.equal({ [three]: 2 });
      expect(await since(62_001)).to.deep.equal({});
    });

    it("is unavailable once the store is closed", async () => {
      await own.close();
      const attempts = everything(own.log);
      expect(await Promise.all(attempts.map(refusalOf))).to.deep.equal(attempts.map(() => "unavailable"));
    });
  });
}
