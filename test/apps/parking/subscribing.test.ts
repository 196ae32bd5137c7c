import { expect } from "chai";
import { parkingChannel } from "../../../src/apps/parking/channel.ts";
import { type Channel, defineChannel } from "../../../src/hub/channel.ts";
import { once } from "../../../src/hub/commands.ts";
import type { Connection } from "../../../src/hub/connection.ts";
import type { Joining } from "../../../src/hub/delivering.ts";
import { publisher } from "../../../src/hub/message.ts";
import { anIdentity } from "../../hub/recording-wire.ts";

const LOT = "parking_lot";
const RESERVATION = "user:alice:reservation";

describe("a subscription to parking notifications", () => {
  let subscribe: ReturnType<Channel["on"]["get"]>;
  parkingChannel((namespace, declaration) => {
    subscribe = defineChannel({ ...declaration, app: "parking", namespace }).on.get("subscribe");
    return publisher(namespace, declaration.outbound);
  });

  /** Subscribes a client that is in some rooms already: the rooms that it joins, and those that it leaves. */
  async function moves(rooms: readonly string[], payload: object): Promise<{ joined: string[]; left: string[] }> {
    const [joined, left]: [string[], string[]] = [[], []];
    const client = {
      identity: anIdentity("alice"),
      isIn: (room: string) => rooms.includes(room),
      leave: (room: string) => void left.push(room),
      send() {},
      async join(room: string, { confirm }: Joining) {
        joined.push(room);
        await confirm?.({});
      },
    };
    await subscribe?.(client as unknown as Connection, payload, once);
    return { joined, left };
  }

  it("goes on as it is when it is asked for again: to join anew would be a moment of hearing nothing", async () => {
    const both = ["reservation", "parking_lot"];
    expect(await moves([LOT], { notification_types: both })).to.eql({ joined: [RESERVATION], left: [] });
    expect(await moves([LOT, RESERVATION], { notification_types: both })).to.eql({ joined: [], left: [] });
    const lots = await moves([LOT, RESERVATION], { notification_types: ["parking_lot"] });
    expect(lots).to.eql({ joined: [], left: [RESERVATION] });
  });

  it("begins anew where something is to be sent again", async () => {
    const asked = { notification_types: ["parking_lot", "reservation"], since: { parking_lot: 3 } };
    expect((await moves([LOT, RESERVATION], asked)).joined).to.eql([LOT]);
    expect((await moves([LOT, RESERVATION], { ...asked, since: 3 })).joined).to.have.members([LOT, RESERVATION]);
  });
});
