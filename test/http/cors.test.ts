import { expect } from "chai";
import { type HttpTest, startHttp } from "../support/http-server.ts";

const PAGE = "https://app.example.com";

describe("pages of other origins", () => {
  let http: HttpTest;
  afterEach(() => http.stop());

  it("may call the API when nothing else is configured, with the headers that carry credentials", async () => {
    http = await startHttp();
    const headers = {
      Origin: PAGE,
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "authorization",
    };
    const answer = await http.send("OPTIONS", "/api/v2/auth/login", { headers });
    expect(answer.status).to.equal(204);
    expect(answer.headers.get("Access-Control-Allow-Origin")).to.equal("*");
    expect(answer.headers.get("Access-Control-Allow-Headers")).to.equal("authorization");
    expect(answer.headers.get("Access-Control-Allow-Credentials")).to.equal(null);
  });

  it("may not when only others are configured", async () => {
    http = await startHttp({ origins: [PAGE] });
    const allowed = await http.send("GET", "/healthz", { headers: { Origin: PAGE } });
    const other = await http.send("GET", "/healthz", { headers: { Origin: "https://evil.example.com" } });
    expect(allowed.headers.get("Access-Control-Allow-Origin")).to.equal(PAGE);
    expect(other.headers.get("Access-Control-Allow-Origin")).to.equal(null);
  });
});
