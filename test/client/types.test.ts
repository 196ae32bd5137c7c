import { expect } from "chai";
import type {
  Acknowledgement,
  ClientMessages,
  ConnectOptions,
  connect,
  HubMessages,
  HubSocket,
  Message,
  Namespace,
  Token,
} from "../../src/apps/client.ts";
import type * as core from "../../src/client/index.ts";
import type { createConnect, Declared } from "../../src/client/index.ts";
import type { z } from "../../src/index.ts";
import { startHub } from "../support/hub.ts";

/** True where both types are the same, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Plain<T> = { [K in keyof T]: T[K] };

/** Holds when this file compiles. */
function holds<_T extends true>(): void {}

type IsNamespace<N> = N extends Namespace ? true : false;
type Ping<N extends Namespace> = "ping" extends keyof ClientMessages<N> ? true : false;
declare const events: HubSocket<"/events">;

/** One namespace of each kind; a channel that is not here fails below, and one that is no `Namespace` does not compile. */
const namespaces: readonly Namespace[] = [
  "/vehicles/search",
  "/battery/stations",
  "/battery/stations/1",
  "/battery/notifications",
  "/bookings",
  "/events",
  "/events/1",
  "/parking/notifications",
];

describe("the types of the client", () => {
  it("know the namespaces of the hub, with their parameters, and no other", async () => {
    holds<IsNamespace<"/events">>();
    holds<IsNamespace<"/events/7">>();
    holds<Same<IsNamespace<"/events/seven">, false>>();
    holds<Same<IsNamespace<"/event">, false>>();

    const hub = await startHub();
    const served = hub.channels.map(({ namespace }) => namespace.replace(/\{\w+\}/g, "1"));
    await hub.stop();
    expect([...namespaces].sort()).to.eql(served.sort());
  });

  it("have the payloads of the schemas, both ways", () => {
    type Booked = { eventId: number; availableSeats: number; timestamp: string } & { seq: number };
    holds<Same<HubMessages<"/events">["booking_created"], Booked>>();
    type Seats = { eventId: number; availableSeats: number; seatCapacity: number; timestamp: string };
    holds<Same<HubMessages<"/events">["seat_update"], Seats>>();
    holds<Same<HubMessages<"/events/7">["seat_update"], Seats>>();
    holds<Same<HubMessages<"/bookings">["closing"], { readonly code: number; readonly reason: string }>>();
    holds<Same<ClientMessages<"/events">["subscribe_event"], { eventId: number; since?: number | undefined }>>();
    holds<Same<ClientMessages<"/bookings">["typing"], { room: string; data: { isTyping: boolean } }>>();
    holds<Same<HubMessages<"/bookings">["typing"], { userId: string; isTyping: boolean }>>();
    holds<Same<HubMessages<"/vehicles/search">["error"], { detail: string }>>();
  });

  it("have refresh where the credential is a JWT, and only there", () => {
    holds<Same<ClientMessages<"/events">["refresh"], { token: string }>>();
    holds<Same<"refresh" extends keyof ClientMessages<"/vehicles/search"> ? true : false, false>>();
    holds<Same<"refresh" extends keyof ClientMessages<"/parking/notifications"> ? true : false, false>>();
    holds<Same<ClientMessages<"/battery/notifications">["refresh"], { token: string }>>();
    holds<Ping<"/events">>();
    holds<Same<Ping<"/bookings">, false>>();
  });

  it("ask for the credential that the namespace wants", () => {
    holds<Same<ConnectOptions<"/events">["token"], Token>>();
    holds<Same<ConnectOptions<"/vehicles/search">["apiKey"], string>>();
    holds<Same<Parameters<typeof connect<"/events">>["length"], 2>>();
    holds<Same<Parameters<typeof connect<"/battery/stations">>["length"], 1 | 2>>();
    holds<Same<Parameters<typeof connect<"/battery/notifications">>["length"], 1 | 2>>();
    type WithoutToken = { url: string } extends ConnectOptions<"/parking/notifications"> ? true : false;
    holds<Same<WithoutToken, false>>();
    holds<Same<ConnectOptions<"/events/1">["since"], (() => number | undefined) | undefined>>();
  });

  it("let a payload be left out only where it has no required field", () => {
    holds<Same<Parameters<typeof events.emitWithAck<"ping">>["length"], 1 | 2>>();
    holds<Same<Parameters<typeof events.emitWithAck<"subscribe_event">>["length"], 2>>();
    holds<Same<ReturnType<HubSocket<"/events">["emitWithAck"]>, Promise<Acknowledgement>>>();
  });

  it("can be those of another hub, where each namespace has an error message", () => {
    type Polls = Declared<{ vote: z.ZodObject<{ yes: z.ZodBoolean }> }, Record<never, never>, "apiKey">;
    type Connecting = Parameters<ReturnType<typeof createConnect<{ "/polls": Polls }>>>;
    holds<Same<Connecting[0], "/polls">>();
    holds<Same<Connecting["length"], 2>>();
    holds<Same<core.HubMessages<Polls>["error"], { message: string }>>();
    holds<Same<keyof core.ClientMessages<Polls>, "vote">>();
  });

  it("give a message with its type, to tell several apart by", () => {
    type Either = Message<"/bookings", "status_update" | "typing">;
    type Status = Plain<Extract<Either, { type: "status_update" }>>["status"];
    holds<"en_route" extends Status ? true : false>();
    holds<Same<Extract<Either, { type: "typing" }>["isTyping"], boolean>>();
  });
});
