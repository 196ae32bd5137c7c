import { expect } from "chai";
import { redact } from "../../src/observability/redact.ts";

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl-_x";

describe("redaction", () => {
  for (const [what, line] of [
    ["a JWT in a sentence", `the token ${JWT} is bad`],
    ["an Authorization header", '{"authorization":"Bearer hunter2"}'],
    ["a bearer token in a sentence", "sent Bearer hunter2, which is bad"],
    ["a subprotocol", "hub.v1, bearer.hunter2"],
    ["a query", "/ws?since=4&token=hunter2&x=1"],
    ["a query with an API key", "/api/vehicles?api_key=hunter2"],
    ["an address with credentials", "redis://default:hunter2@127.0.0.1:6379 refused"],
    ["a field", '{"user":{"password":"hunter2"}}'],
    ["a field with quotes in its value", '{"password":"a\\"hunter2"}'],
    ["a field that is spelt otherwise", '{"X-API-Key":"hunter2","apiKey":"hunter2","passwordHash":"hunter2"}'],
    ["a field in JSON within JSON", JSON.stringify({ msg: JSON.stringify({ phone: "1", password: "hunter2" }) })],
    ["such a field with quotes in its value", JSON.stringify({ msg: JSON.stringify({ password: 'a"hunter2' }) })],
    ["a cookie", '{"cookie":"access_token=hunter2"}'],
  ] as const) {
    it(`takes the secret out of ${what}`, () => {
      const redacted = redact(line);
      expect(redacted).to.contain("[redacted]").and.not.contain("hunter2").and.not.contain(JWT);
    });
  }

  it("leaves JSON as JSON, and what is beside the secret", () => {
    const line = JSON.stringify({
      msg: `GET /ws?token=abc&since=4 with Bearer abc`,
      inner: JSON.stringify({ password: 'x"y', phone: "+966" }),
      password: "p",
      url: "mongodb://u:p@db/x",
    });
    expect(JSON.parse(redact(line))).to.deep.equal({
      msg: "GET /ws?token=[redacted]&since=4 with Bearer [redacted]",
      inner: '{"password":"[redacted]","phone":"+966"}',
      password: "[redacted]",
      url: "mongodb://[redacted]@db/x",
    });
  });

  it("leaves everything else alone", () => {
    const line =
      '{"level":"info","method":"GET","path":"/api/user/ws-token/","status":200,"msg":"token expired: http://a/b@c"}';
    expect(redact(line)).to.equal(line);
  });
});
