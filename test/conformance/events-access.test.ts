import { expect } from "chai";
import type { TestClient } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { eventAt, eventsAt } from "./targets.ts";

const MINUTE_MS = 60_000;

onBothStores("access to the events app", (suite) => {
  const logout = async (token: string): Promise<void> => {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch(`${suite.hub.url}/api/v2/auth/logout`, { method: "POST", headers });
    expect(answer.status).to.equal(204);
  };
  /** Whether the hub still answers. */
  const isServed = async (client: TestClient): Promise<void> => {
    client.send("ping");
    await client.next("pong");
  };

  for (const door of suite.doors) {
    describe(`through ${door.name}`, () => {
      const refused = async (credential: string | undefined) =>
        Promise.all([eventsAt(credential), eventAt(123, credential)].map((at) => door.refused(suite.hub.url, at)));
      const invalid = { code: 1008, reason: "Invalid Token", message: "Invalid Token" };

      it("is refused with 1008 Authentication Required where no token is given", async () => {
        const told = { code: 1008, reason: "Authentication Required", message: "Authentication Required" };
        expect(await refused(undefined)).to.eql([told, told]);
      });

      it("is refused with 1008 Invalid Token where it is bad, expired, of another issuer or revoked", async () => {
        const { hub } = suite;
        const now = Math.floor(hub.clock.now() / 1000);
        const good = await hub.token("customer");
        const revoked = await hub.token("customer");
        await logout(revoked);
        const [header, , signature] = good.split(".");
        const forged = Buffer.from(JSON.stringify({ sub: "x", role: "admin", exp: now + 60 })).toString("base64url");
        const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${forged}.`;
        const expired = await hub.token("customer", { exp: now - 1 });
        const endless = await hub.token("customer", { exp: undefined });
        const nobody = await hub.token("customer", { sub: undefined });
        const knight = await hub.token("customer", { role: "knight" });
        const bad = ["rubbish", "a.b.c", `${header}.${forged}.${signature}`, unsigned, "x".repeat(9_000)];
        for (const token of [...bad, expired, endless, nobody, knight, revoked, hub.apiKey]) {
          expect(await refused(token), token.slice(0, 60)).to.eql([invalid, invalid]);
        }
      });

      it("needs no user record: a token that anybody with the secret made is good", async () => {
        const token = await suite.hub.token("customer", {
          sub: "not in the database",
          role: undefined,
          jti: undefined,
        });
        const client = await suite.connect(door, eventsAt(token));
        await client.next("connection_established");
      });

      it("ends with 1008 Token Expired when the token does", async () => {
        const { hub } = suite;
        const client = await suite.connect(door, eventsAt(await hub.token("customer")));
        await client.next("connection_established");
        hub.clock.advance(30 * MINUTE_MS - 1_000);
        await isServed(client);
        hub.clock.advance(1_000);
        expect(await client.ended).to.eql({ code: 1008, reason: "Token Expired" });
      });

      it("goes on when a fresh token of the same user was sent in time, until that one expires", async () => {
        const { hub } = suite;
        const client = await suite.connect(door, eventsAt(await hub.token("customer")));
        await client.next("connection_established");
        hub.clock.advance(20 * MINUTE_MS);
        client.send("refresh", { token: await hub.token("customer") });
        await isServed(client);
        hub.clock.advance(29 * MINUTE_MS);
        await isServed(client);
        expect(client.log.filter(([type]) => type === "error")).to.eql([]);
        hub.clock.advance(1 * MINUTE_MS);
        expect(await client.ended).to.eql({ code: 1008, reason: "Token Expired" });
      });

      it("is not prolonged by a token that is bad, expired, missing or of another user", async () => {
        const { hub } = suite;
        const client = await suite.connect(door, eventsAt(await hub.token("customer")));
        await client.next("connection_established");
        const expired = await hub.token("customer", { exp: Math.floor(hub.clock.now() / 1000) - 1 });
        const payloads = [
          { token: await hub.token("admin") },
          { token: "rubbish" },
          { token: expired },
          {},
          { token: 7 },
        ];
        for (const payload of payloads) {
          client.send("refresh", payload);
          const error = await client.next("error");
          expect(error).to.have.all.keys("message", "timestamp");
        }
        const texts = client.log.flatMap(([type, { message }]) => (type === "error" ? [message] : []));
        expect(texts.slice(0, 3)).to.eql(["The token is for another user", "Invalid Token", "Invalid Token"]);
        expect(texts.slice(3).join()).to.match(/^Invalid token: .*,Invalid token: /);
        hub.clock.advance(30 * MINUTE_MS);
        expect(await client.ended).to.eql({ code: 1008, reason: "Token Expired" });
      });

      it("ends with 1008 when the token is logged out, and so do its other connections, but nobody else's", async () => {
        const { hub } = suite;
        const [token, other] = [await hub.token("customer"), await hub.token("customer")];
        const mine = await Promise.all([
          suite.connect(door, eventsAt(token)),
          suite.connect(door, eventAt(123, token)),
        ]);
        const theirs = await suite.connect(door, eventsAt(other));
        await Promise.all([...mine, theirs].map((client) => client.next("connection_established")));
        await logout(token);
        for (const client of mine) expect(await client.ended).to.eql({ code: 1008, reason: "Token Revoked" });
        await isServed(theirs);
      });

      it("ends with the token that it was prolonged with, not with the one it began with", async () => {
        const { hub } = suite;
        const [first, second] = [await hub.token("customer"), await hub.token("customer")];
        const client = await suite.connect(door, eventsAt(first));
        client.send("refresh", { token: second });
        await isServed(client);
        await logout(first);
        await isServed(client);
        await logout(second);
        expect(await client.ended).to.eql({ code: 1008, reason: "Token Revoked" });
      });
    });
  }
});
