import { expect } from "chai";
import type { Payload, TestClient } from "../support/client.ts";
import type { TestHub } from "../support/hub.ts";
import { onBothStores } from "../support/suite.ts";
import { TIMESTAMP, vehiclesAt } from "./targets.ts";

/** A vehicle enters; its id. The clock moves on, so that no two enter at the same instant. */
async function enter(hub: TestHub, number_plate: string, contact_name = "Nobody", phone_number = "0"): Promise<number> {
  hub.clock.advance(1_000);
  const answer = await hub.call("apiKey", "POST", "/api/vehicles", { number_plate, contact_name, phone_number });
  expect(answer.status).to.equal(201);
  return answer.body.id as number;
}

onBothStores("vehicle search", (suite) => {
  for (const door of suite.doors) {
    describe(`through ${door.name}`, () => {
      const searching = () => suite.connect(door, vehiclesAt(suite.hub.apiKey));
      const search = async (client: TestClient, term: unknown): Promise<{ items: Payload[]; total: number }> => {
        client.send("search", { term });
        return (await client.next("search_results")) as { items: Payload[]; total: number };
      };
      /** Ids of what matches, on a connection of its own, since ten searches a minute are the limit of one. */
      const found = async (term: string): Promise<unknown[]> => {
        const client = await searching();
        const { items, total } = await search(client, term);
        expect(total).to.equal(items.length);
        await client.close();
        return items.map(({ id }) => id);
      };

      it("answers with the fields of the document and no others", async () => {
        const { items, total } = await search(await searching(), "ABC123");
        expect(total).to.equal(1);
        expect(items).to.have.lengthOf(1);
        const [item] = items;
        expect(item).to.have.all.keys("id", "number_plate", "contact_name", "phone_number", "entry_timestamp");
        expect(item).to.include({ number_plate: "ABC123", contact_name: "John Doe", phone_number: "+1234567890" });
        expect(item?.id).to.be.a("number");
        expect(item?.entry_timestamp).to.match(TIMESTAMP);
      });

      it("says nothing until it is asked", async () => {
        const client = await searching();
        await search(client, "zzz");
        expect(client.log).to.eql([["search_results", { items: [], total: 0 }]]);
      });

      it("finds the start of any word of each of the three fields, whatever the case", async () => {
        const id = await enter(suite.hub, `KX-${door.name.length} 77 q`, "Zoë van Dröst-Ülm", "+49 (171) 5550199");
        for (const term of [
          `kx-${door.name.length} 77`,
          "ZOË",
          "van DR",
          "dröst",
          "ÜLM",
          "+49",
          "171) 555",
          "5550199",
          "q",
        ])
          expect(await found(term), term).to.include(id);
        for (const term of ["x-", "oë", "röst", "550199", "71) 555"])
          expect(await found(term), term).not.to.include(id);
        await suite.hub.call("apiKey", "DELETE", `/api/vehicles/${id}`);
      });

      it("takes a term literally: no wildcard, no pattern, no operator", async () => {
        const id = await enter(suite.hub, "W.LD*1", "A%B_C", "$gt [0-9]");
        for (const term of ["w.l", "W.LD*", "a%b_", "$gt", "$gt [0-9]", "[0-9]"])
          expect(await found(term), term).to.include(id);
        for (const term of [".*", "w.*", "*", "a%c", "a_b", "%", "^w", "w?", "[w]", "\\w", "(w|a)", "w\u0000"])
          expect(await found(term), term).not.to.include(id);
        await suite.hub.call("apiKey", "DELETE", `/api/vehicles/${id}`);
      });

      it("finds those parked now: one that enters is found, one that has left is not", async () => {
        expect(await found("COMES-AND-GOES")).to.eql([]);
        const id = await enter(suite.hub, "COMES-AND-GOES");
        expect(await found("comes-and")).to.eql([id]);
        const left = await suite.hub.call("apiKey", "DELETE", `/api/vehicles/${id}`);
        expect(left.status).to.equal(204);
        expect(await found("comes-and")).to.eql([]);
        expect((await suite.hub.call("apiKey", "DELETE", `/api/vehicles/${id}`)).status).to.equal(404);
      });

      it("gives the newest entries first, at most 50, and the total of all", async () => {
        const client = await searching();
        // Every demo vehicle but the first has such a phone number.
        const { items, total } = await search(client, "+96650");
        expect(total).to.equal(199);
        expect(items).to.have.lengthOf(50);
        const entries = items.map(({ entry_timestamp }) => String(entry_timestamp));
        expect(entries).to.eql(entries.toSorted().toReversed());
        expect(items.map(({ id }) => id)).to.eql(Array.from({ length: 50 }, (_, i) => 200 - i));
        const newest = await enter(suite.hub, "NEW1", "Somebody", "+966509999999");
        const again = await search(client, "+96650");
        expect([again.total, again.items[0]?.id]).to.eql([200, newest]);
        await suite.hub.call("apiKey", "DELETE", `/api/vehicles/${newest}`);
      });

      it("takes a term of up to 64 characters, spaces around it not counted", async () => {
        const name = "n".repeat(64);
        const id = await enter(suite.hub, "LONG1", name);
        expect(await found(name)).to.eql([id]);
        expect(await found(`   ${name}  `)).to.eql([id]);
        await suite.hub.call("apiKey", "DELETE", `/api/vehicles/${id}`);
      });

      for (const [what, payload, detail] of [
        ["an empty term", { term: "" }, "Invalid term: must not be empty"],
        ["a term of spaces", { term: " \t " }, "Invalid term: must not be empty"],
        ["a term of 65 characters", { term: "x".repeat(65) }, "Invalid term: must be at most 64 characters"],
        ["no term", {}, /^Invalid term: /],
        ["a number for a term", { term: 7 }, /^Invalid term: /],
        ["null for a term", { term: null }, /^Invalid term: /],
        ["a list for a term", { term: ["ABC"] }, /^Invalid term: /],
        ["an operator for a term", { term: { $gt: "" } }, /^Invalid term: /],
      ] as const) {
        it(`answers ${what} with an error in data.detail and goes on`, async () => {
          const client = await searching();
          client.send("search", payload);
          const error = await client.next("error");
          expect(error).to.have.all.keys("detail");
          expect(error.detail).to.match(typeof detail === "string" ? new RegExp(`^${detail}$`) : detail);
          expect((await search(client, "ABC123")).total).to.equal(1);
        });
      }
    });
  }

  it("gives the same over HTTP, there without a term too", async () => {
    const { hub } = suite;
    expect((await hub.call("apiKey", "GET", "/api/vehicles?term=abc123")).body).to.include({ total: 1 });
    const all = await hub.call("apiKey", "GET", "/api/vehicles");
    expect(all.body.total).to.equal(200);
    expect(all.body.items).to.have.lengthOf(50);
    expect((await hub.call("apiKey", "GET", "/api/vehicles?term=")).status).to.equal(400);
    expect((await hub.call("apiKey", "GET", "/api/vehicles?term=a&term=b")).status).to.equal(400);
    expect((await hub.call("customer", "GET", "/api/vehicles")).status).to.equal(401);
    expect((await hub.call("apiKey", "POST", "/api/vehicles", { number_plate: " " })).status).to.equal(400);
  });
});
