import { expect } from "chai";
import { DEMO, DEMO_USERS } from "../../src/apps/demo-users.ts";
import { type AuthCollections, openCollections } from "../../src/auth/collections.ts";
import { seedDemo } from "../../src/auth/demo.ts";
import { verifyPassword } from "../../src/auth/passwords.ts";
import { temporaryStore } from "../support/http-server.ts";

describe("the demo data of auth", () => {
  let collections: AuthCollections;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    const temporary = await temporaryStore();
    remove = temporary.remove;
    collections = await openCollections(temporary.store);
  });
  afterEach(() => remove());

  const userAt = async (phone: string) => (await collections.users.find("byPhone", { equals: [phone], limit: 2 }))[0];

  it("is five people of every role", async () => {
    await seedDemo(collections, DEMO);
    for (const [phone, role, email] of [
      ["+966500000001", "customer", "user@example.com"],
      ["+966500000002", "technician", "technician@example.com"],
      ["+966500000003", "operator", "operator@example.com"],
      ["+966500000004", "admin", "admin@example.com"],
      ["+966500000005", "customer", "user2@example.com"],
    ] as const) {
      const user = await userAt(phone);
      expect(user).to.include({ role, email });
      expect(Object.values(DEMO_USERS).map(({ id }): string => id)).to.include(user?.id);
      expect(await verifyPassword(user?.passwordHash, "password123")).to.equal(true);
    }
  });

  it("can be put there again, by several workers at once, and changes nothing that is there", async () => {
    await Promise.all([seedDemo(collections, DEMO), seedDemo(collections, DEMO)]);
    const before = await userAt("+966500000001");
    await collections.users.modify(DEMO_USERS.customer.id, (user) => ({ next: { ...user, name: "Renamed" } }));
    await collections.users.remove(DEMO_USERS.admin.id);
    await seedDemo(collections, DEMO);
    expect(await userAt("+966500000001")).to.deep.equal({ ...before, name: "Renamed" });
    expect(await userAt("+966500000004")).to.include({ id: DEMO_USERS.admin.id });
  });

  it("keeps neither the password nor the API key", async () => {
    await seedDemo(collections, DEMO);
    expect(JSON.stringify(await userAt("+966500000001"))).not.to.contain("password123");
    expect(await collections.apiKeys.get("demo-api-key")).to.equal(undefined);
  });
});
