import type { Vehicle } from "./collections.ts";
import { parked } from "./service.ts";

const FIRST = ["Amal", "Ben", "Chen", "Dina", "Eva", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Karim", "Lena", "Mia"];
const LAST = ["Adams", "Brown", "Cruz", "Diaz", "Evans", "Fischer", "Garcia", "Hassan", "Ito", "Jansen", "Khan"];

/** Returns 200 vehicles, the first of them `ABC123`. One entered every minute until `now` (epoch milliseconds). */
export function demoVehicles(now: number): Vehicle[] {
  return Array.from({ length: 200 }, (_, i) => {
    const entry =
      i === 0 ? { number_plate: "ABC123", contact_name: "John Doe", phone_number: "+1234567890" } : someone(i);
    return parked(i + 1, entry, new Date(now - (200 - i) * 60_000).toISOString());
  });
}

function someone(i: number) {
  const letters = [i * 7, i * 11, i * 17].map((n) => String.fromCharCode(65 + (n % 26))).join("");
  return {
    number_plate: `${letters}${String((i * 37) % 1_000).padStart(3, "0")}`,
    contact_name: `${FIRST[i % FIRST.length]} ${LAST[i % LAST.length]}`,
    phone_number: `+96650${String(1_000_000 + i * 4_321)}`,
  };
}
