import { expect } from "chai";
import { masked } from "../../../src/apps/battery/mask.ts";

describe("a masked user", () => {
  const cases: [email: string | undefined, userId: string, masked: string][] = [
    ["user@example.com", "7", "u***@example.com"],
    ["u@example.com", "7", "u***@example.com"],
    ["@example.com", "7", "***@example.com"],
    ['"a@b"@example.com', "7", '"***@example.com'],
    ["no address", "7", "n***"],
    ["", "7", "***"],
    ["😀😀@example.com", "7", "😀***@example.com"],
    [undefined, "00000000-0000-4000-8000-000000000001", "0***"],
    [undefined, "someone@example.com", "s***"],
  ];
  for (const [email, userId, expected] of cases) {
    it(`is ${expected} for ${email ?? `the id ${userId}`}`, () => {
      expect(masked({ email, userId })).to.equal(expected);
    });
  }
});
