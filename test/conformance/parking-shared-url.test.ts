import { once } from "node:events";
import { expect } from "chai";
import { WebSocket } from "ws";
import type { ConfigFile } from "../../src/config.ts";
import { plainDoor } from "../support/client.ts";
import { withHub } from "../support/suite.ts";
import { isServed, parkingAt, refusedUpgrade, subscribed, wsToken } from "./parking-data.ts";

/** Where battery and parking share a URL: on their port, and on the one port of all apps that `PORT` alone gives. */
const PORTS: Record<string, ConfigFile> = {
  "the port of battery and parking": { doors: [{ port: 0, apps: ["battery", "parking"] }] },
  "the one port of all apps": {},
};

for (const [port, file] of Object.entries(PORTS)) {
  describe(`/ws/notifications/ on ${port}`, () => {
    withHub(
      (suite) => {
        const path = "/ws/notifications/";
        const battery = (credential: string) => ({ path, namespace: "/battery/notifications", credential });

        it("is battery's for a JWT, wherever that is", async () => {
          const jwt = await suite.hub.token("customer");
          const inHeader = await suite.connect(plainDoor, battery(jwt));
          const { credential: _none, ...anonymous } = battery(jwt);
          const inQuery = await suite.connect(plainDoor, { ...anonymous, path: `${path}?token=${jwt}` });
          for (const client of [inHeader, inQuery]) {
            expect(await client.next("connection_established")).to.eql({ message: "Connected to notifications" });
          }
        });

        it("is battery's for a JWT that is no longer good: it is told so and closed, not answered 403", async () => {
          const expired = await suite.hub.token("customer", { exp: Math.floor(suite.hub.clock.now() / 1000) - 1 });
          const told = await plainDoor.refused(suite.hub.url, battery(expired));
          expect(told).to.include({ code: 1008, reason: "Invalid Token" });
        });

        it("is parking's for a ws token", async () => {
          await subscribed(suite, plainDoor, "customer", "reservation", "parking_lot");
          const target = parkingAt(undefined, `${path}?token=${await wsToken(suite.hub)}`);
          await isServed(await suite.connect(plainDoor, target));
        });

        it("is parking's for anything else, also for nothing: 403", async () => {
          for (const query of ["", "?token=", "?token=rubbish", "?token=a.b", "?api_key=demo-api-key"]) {
            expect(await refusedUpgrade(`${suite.hub.url}${path}${query}`), query).to.include({ status: 403 });
          }
        });

        it("goes by the credential that counts where several are sent", async () => {
          const [jwt, token] = [await suite.hub.token("customer"), await wsToken(suite.hub)];
          const cookie = { Cookie: `access_token=${jwt}` };
          /** Battery greets; parking says nothing until it is asked. */
          const whose = async (query: string, headers: Record<string, string>): Promise<string> => {
            const url = `${suite.hub.url.replace("http", "ws")}${path}${query}`;
            const ws = new WebSocket(url, { headers });
            ws.once("open", () => ws.send('{"type":"subscribe","notification_types":[]}'));
            const [data] = (await once(ws, "message")) as [Buffer];
            ws.close();
            await once(ws, "close");
            const { type } = JSON.parse(data.toString()) as { type: string };
            return { connection_established: "battery", subscribed: "parking" }[type] ?? type;
          };
          expect(await whose(`?token=${token}`, cookie), "a ws token and a cookie").to.equal("parking");
          expect(await whose("", cookie), "a cookie alone").to.equal("battery");
          expect(await whose(`?token=${token}`, { Authorization: `Bearer ${jwt}` }), "a JWT before it").to.equal(
            "battery",
          );
          expect(await whose(`?token=${jwt}`, { Authorization: `Bearer ${token}` }), "a JWT after it").to.equal(
            "parking",
          );
        });

        it("is under its own name as well, whatever the credential", async () => {
          const jwt = await suite.hub.token("customer");
          expect(await refusedUpgrade(`${suite.hub.url}/parking${path}?token=${jwt}`)).to.include({ status: 403 });
          const token = await wsToken(suite.hub);
          const told = await plainDoor.refused(suite.hub.url, { ...battery(token), path: `/battery${path}` });
          expect(told).to.include({ code: 1008, reason: "Invalid Token" });
        });
      },
      { file },
    );
  });
}
