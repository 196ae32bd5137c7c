/** The users of the hub's demo data that the virtual users act as, all with one password. */
const PEOPLE = {
  customer: { id: "00000000-0000-4000-8000-000000000001", phone: "+966500000001" },
  technician: { id: "00000000-0000-4000-8000-000000000002", phone: "+966500000002" },
  operator: { id: "00000000-0000-4000-8000-000000000003", phone: "+966500000003" },
};

const PASSWORD = "password123";

/**
 * Resolves to access tokens for each of them, valid for 30 minutes. They are signed here if `JWT_SECRET` is set, else
 * the hub returns them, for one login each: it accepts no more than 5 a minute from one user. Resolves to `{ problem }`
 * when the hub refuses a login.
 */
export async function credentialsFor(url) {
  const { JWT_SECRET, API_KEY = "demo-api-key" } = process.env;
  const people = Object.entries(PEOPLE);
  const answers = await Promise.all(
    people.map(([role, { id, phone }]) => (JWT_SECRET ? sign(JWT_SECRET, id, role) : login(url, phone))),
  );
  const refused = answers.find(({ problem }) => problem);
  if (refused) return refused;
  const tokens = Object.fromEntries(people.map(([role], index) => [role, answers[index].token]));
  return { ...tokens, apiKey: API_KEY, technicianId: PEOPLE.technician.id };
}

async function sign(secret, id, role) {
  // Imported late, because the packages may just have been installed.
  const { SignJWT } = await import("jose");
  const jwt = new SignJWT({ role }).setProtectedHeader({ alg: "HS256" }).setSubject(id).setExpirationTime("30m");
  return { token: await jwt.sign(new TextEncoder().encode(secret)) };
}

async function login(url, phone) {
  const response = await fetch(`${url}/api/v2/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ phone, password: PASSWORD }),
  });
  if (response.ok) return { token: (await response.json()).access_token };
  if (response.status === 429) return { problem: "The hub accepts 5 logins a minute from one user: wait a minute." };
  return {
    problem: `${phone} cannot log in at ${url} (${response.status}): the hub has no demo data. Give its JWT_SECRET, and the API_KEY for vehicles.`,
  };
}
