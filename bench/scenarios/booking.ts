import { SignJWT } from "jose";
import { now } from "../contenders/ticker.ts";
import { HttpClient } from "../load/http.ts";
import { latencyFigures } from "../report/statistics.ts";
import { moment, since } from "./measure.ts";
import type { Scenario } from "./scenario.ts";

const CLIENTS = 200;
/** Bookings of each client. Their number is fixed, and not the time, because they all go into one growing document. */
const BOOKINGS_EACH = 10;
const WARM_UP_EACH = 1;

/** The last seats of a sale: 200 clients book one event as fast as they are answered. */
export const booking: Scenario = {
  name: "booking",
  title: `${CLIENTS} clients book seats of one event by HTTP, ${BOOKINGS_EACH} times each`,
  contenders: ["junction-bookings", "junction-bookings-one-at-a-time"],
  workers: 1,
  chart: "bookingsPerSecond",
  async run(target) {
    const http = new HttpClient(target.publisherPort, CLIENTS);
    const operator = await bearer("bench-operator", "operator");
    const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => bearer(`bench-${i + 1}`, "customer")));
    // The program warms up on another event than the one that is measured.
    await book(await createEvent(), WARM_UP_EACH);
    const event = await createEvent();
    const before = moment(target);
    const latencies = await book(event, BOOKINGS_EACH);
    const { ms, serverMs, busy } = since(before, target);
    await check(event);
    http.close();
    const bookings = CLIENTS * BOOKINGS_EACH;
    return {
      bookingsPerSecond: (bookings / ms) * 1_000,
      cpuMsPerBooking: serverMs / bookings,
      ...latencyFigures(latencies),
      ...busy,
    };

    async function createEvent(): Promise<number> {
      const body = JSON.stringify({ name: "Closing Night", seatCapacity: CLIENTS * BOOKINGS_EACH });
      const answer = await http.call("POST", "/api/events", body, operator);
      if (answer.status !== 201) throw new Error(`no event: ${answer.status} ${answer.body}`);
      return (JSON.parse(answer.body) as { id: number }).id;
    }

    /** Books as each client, one request after the other. Resolves to the milliseconds that each booking took. */
    async function book(event: number, times: number): Promise<number[]> {
      const latencies: number[] = [];
      await Promise.all(
        clients.map(async (headers) => {
          for (let i = 0; i < times; i++) {
            const from = now();
            const { status, body } = await http.call("POST", `/api/events/${event}/bookings`, "{}", headers);
            if (status !== 201) throw new Error(`a booking was answered ${status}: ${body}`);
            latencies.push(now() - from);
          }
        }),
      );
      return latencies;
    }

    /** Checks that every seat is booked, and none twice: one more booking is refused. */
    async function check(event: number): Promise<void> {
      const { status } = await http.call("POST", `/api/events/${event}/bookings`, "{}", operator);
      if (status !== 409) throw new Error(`one booking too many was answered ${status}`);
    }
  },
};

async function bearer(user: string, role: string): Promise<{ authorization: string }> {
  const secret = Buffer.from(process.env.BENCH_JWT_SECRET ?? "");
  const claims = { sub: user, role, exp: Math.floor(Date.now() / 1_000) + 3_600 };
  const token = await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(secret);
  return { authorization: `Bearer ${token}` };
}
