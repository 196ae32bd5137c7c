import { expect } from "chai";
import { credentialFrom, type Handshake, looksLikeJwt } from "../../src/transports/credentials.ts";

const from = (
  parts: { headers?: Handshake["headers"]; query?: string; auth?: Record<string, unknown> },
  channel: Parameters<typeof credentialFrom>[1] = { credential: "jwt" },
): string | undefined => {
  const { headers = {}, query = "", auth } = parts;
  return credentialFrom({ headers, query: new URLSearchParams(query), ...(auth && { auth }) }, channel);
};

describe("the credential of a client", () => {
  const everywhere = {
    auth: { token: "by auth", apiKey: "key by auth" },
    headers: {
      authorization: "Bearer by-header",
      "x-api-key": "key by header",
      "sec-websocket-protocol": "hub.v1, bearer.by-subprotocol",
      cookie: "access_token=by-cookie",
    },
    query: "token=by-query&api_key=key-by-query",
  };

  it("is taken from auth, header, subprotocol, query and cookie, in this order", () => {
    const jwt = { credential: "jwt", cookie: "access_token" } as const;
    const { auth: _auth, ...withoutAuth } = everywhere;
    const { authorization: _header, ...headers } = everywhere.headers;
    const { "sec-websocket-protocol": _protocol, ...onlyCookie } = headers;
    expect(from(everywhere, jwt)).to.equal("by auth");
    expect(from(withoutAuth, jwt)).to.equal("by-header");
    expect(from({ ...withoutAuth, headers }, jwt)).to.equal("by-subprotocol");
    expect(from({ ...withoutAuth, headers: onlyCookie }, jwt)).to.equal("by-query");
    expect(from({ headers: onlyCookie }, jwt)).to.equal("by-cookie");
    expect(from({ headers: onlyCookie })).to.equal(undefined);
  });

  it("is the API key where that is asked for, from where keys are put", () => {
    const key = { credential: "apiKey" } as const;
    const { auth: _auth, ...withoutAuth } = everywhere;
    expect(from(everywhere, key)).to.equal("key by auth");
    expect(from(withoutAuth, key)).to.equal("key by header");
    expect(from({ query: "token=x&api_key=y" }, key)).to.equal("y");
    expect(from({ query: "token=x" }, key)).to.equal(undefined);
  });

  it("is none where nothing is asked for, whatever was brought", () => {
    expect(from(everywhere, { credential: "none" })).to.equal(undefined);
  });

  it("is a text: anything else in auth is as good as nothing", () => {
    for (const token of [7, null, "", ["x"], { $gt: "" }, true])
      expect(from({ auth: { token }, query: "token=by-query" })).to.equal("by-query");
  });

  it("is what follows Bearer, in any case, and nothing else", () => {
    expect(from({ headers: { authorization: "bearer x" } })).to.equal("x");
    expect(from({ headers: { authorization: "BEARER   x" } })).to.equal("x");
    for (const authorization of ["Basic x", "Bearer", "Bearer ", "Bearer a b", "x", ""])
      expect(from({ headers: { authorization } }), authorization).to.equal(undefined);
  });

  it("is what follows bearer. in the list of subprotocols, wherever that is", () => {
    const protocols = (list: string) => from({ headers: { "sec-websocket-protocol": list } });
    expect(protocols("bearer.x,hub.v1")).to.equal("x");
    expect(protocols("hub.v1 , other,  bearer.a.b-c_d ")).to.equal("a.b-c_d");
    for (const list of ["hub.v1", "bearer.", "bearer", "", "hub.v1,x.bearer.y"])
      expect(protocols(list)).to.equal(undefined);
  });

  it("is the first of the same name in the query", () => {
    expect(from({ query: "token=a&token=b" })).to.equal("a");
    expect(from({ query: "token=" })).to.equal(undefined);
    expect(from({ query: "token=a%2Bb" })).to.equal("a+b");
  });

  describe("in a cookie", () => {
    const cookie = (headers: Handshake["headers"]) =>
      from(
        { headers: { cookie: "other=1; access_token=x", host: "hub.example:8000", ...headers } },
        { credential: "jwt", cookie: "access_token" },
      );

    it("counts for pages of this host, whatever their port, and where there is no page", () => {
      expect(cookie({})).to.equal("x");
      expect(cookie({ origin: "http://hub.example:8000" })).to.equal("x");
      expect(cookie({ origin: "https://hub.example:3000" })).to.equal("x");
      expect(cookie({ origin: "https://hub.example" })).to.equal("x");
    });

    it("does not count for pages of others, to whose sockets browsers send it too", () => {
      for (const origin of [
        "http://evil.example",
        "http://evil.example:8000",
        "http://hub.example.evil.example",
        "null",
        "",
      ])
        for (const host of ["hub.example:8000", "", "not a host"])
          expect(cookie({ origin, host }), origin).to.equal(undefined);
    });
  });
});

describe("what looks like a JWT", () => {
  it("has three parts of base64url", () => {
    for (const token of ["a.b.c", "eyJ-_0.eyJ9.x", "a.b."]) expect(looksLikeJwt(token), token).to.equal(true);
    for (const token of ["", "a", "a.b", "a.b.c.d", ".b.c", "a..c", "a.b.c=", "a b.c.d", undefined])
      expect(looksLikeJwt(token), token).to.equal(false);
  });
});
