import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { startAuth } from "../../src/auth/auth.ts";
import { type AuthCollections, openCollections, sweep } from "../../src/auth/collections.ts";
import { localExpiringValues } from "../../src/auth/expiring-values.ts";
import { resolveSecrets } from "../../src/auth/secrets.ts";
import { createSessions, REFRESH_TOKEN_MS } from "../../src/auth/sessions.ts";
import { localLimits } from "../../src/hub/limits.ts";
import type { Store } from "../../src/store/collection.ts";
import { faultsTo } from "../support/faults.ts";
import { temporaryStore } from "../support/http-server.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** The store for a second reader: each collection may be declared once only, so it is handed those there are. */
function alreadyOpened(store: Store, collections: AuthCollections): Store {
  const { users, sessions, revocations, apiKeys } = collections;
  const byName: Record<string, unknown> = { users, sessions, revocations, api_keys: apiKeys };
  return Object.assign(Object.create(store) as Store, {
    collection: async ({ name }: { name: string }) => byName[name],
  });
}

describe("what has expired", () => {
  let store: Store;
  let remove: () => Promise<void>;
  let clock: ManualClock;
  beforeEach(async () => {
    ({ store, remove } = await temporaryStore());
    clock = new ManualClock();
  });
  afterEach(() => remove());

  const userId = "00000000-0000-4000-8000-000000000001";
  const countAll = async ({ sessions, revocations }: AuthCollections): Promise<number[]> => [
    await sessions.count("byExpiry", {}),
    await revocations.count("byExpiry", {}),
  ];

  it("is removed, however much it is, and nothing else is", async () => {
    const collections = await openCollections(store);
    const sessions = createSessions(collections.sessions, clock);
    await sessions.begin(userId);
    await Promise.all(
      Array.from({ length: 450 }, (_, n) =>
        collections.revocations.insert({ id: `old-${n}`, expiresAt: clock.now() + n }),
      ),
    );
    clock.advance(1_000);
    await collections.revocations.insert({ id: "new", expiresAt: clock.now() + 1 });
    const { family } = await sessions.begin(userId);

    await sweep(collections, clock.now());
    expect(await countAll(collections)).to.deep.equal([2, 1]);
    clock.advance(REFRESH_TOKEN_MS - 1_000);
    await sweep(collections, clock.now());
    expect(await countAll(collections)).to.deep.equal([1, 0]);
    expect(await collections.sessions.get(family)).to.include({ userId });
  });

  it("is swept every ten minutes until auth is stopped", async () => {
    const collections = await openCollections(store);
    const { revocations } = collections;
    const auth = await startAuth({
      store: alreadyOpened(store, collections),
      clock,
      limits: localLimits(clock),
      expiringValues: localExpiringValues(clock),
      secrets: await resolveSecrets({ nodeEnv: "test", jwtSecret: "x", jwksUrl: undefined, dataDir: "unused" }),
      roles: ["user"],
      onRevoked: () => {},
      events: faultsTo((where) => expect.fail(where)),
    });
    for (let round = 0; round < 3; round++) {
      await revocations.insert({ id: "old", expiresAt: clock.now() });
      clock.advance(10 * 60_000);
      while (await revocations.get("old")) await turn();
      while (clock.pending === 0) await turn();
    }
    await auth.stop();
    expect(clock.pending).to.equal(0);
  });

  it("stays until the next time when the database fails, and the log hears of it", async () => {
    const faults: string[] = [];
    const other = await temporaryStore();
    const auth = await startAuth({
      store: other.store,
      clock,
      limits: localLimits(clock),
      expiringValues: localExpiringValues(clock),
      secrets: await resolveSecrets({ nodeEnv: "test", jwtSecret: "x", jwksUrl: undefined, dataDir: "unused" }),
      roles: ["user"],
      onRevoked: () => {},
      events: faultsTo((where) => faults.push(where)),
    });
    await other.remove();
    clock.advance(10 * 60_000);
    while (clock.pending === 0) await turn();
    expect(faults).to.deep.equal(["sweeping expired sessions"]);
    await auth.stop();
  });
});
