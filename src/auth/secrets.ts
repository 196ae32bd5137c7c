import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/** Keys that access tokens are checked with. At least one of the two is set. */
export interface Secrets {
  /** Signs and checks HS256. A key object, because printing or logging one does not reveal the secret. */
  readonly signingKey: KeyObject | undefined;
  /** URL of the public keys (JWKS) of another issuer. */
  readonly jwksUrl: URL | undefined;
}

export interface SecretSettings {
  readonly nodeEnv: string | undefined;
  readonly jwtSecret: string | undefined;
  readonly jwksUrl: string | undefined;
  /** The data folder, where the development secret is stored. */
  readonly dataDir: string;
}

/** Least bytes of a secret: HS256 requires one at least as long as its hash (RFC 7518, section 3.2). */
const SECRET_BYTES = 32;

/**
 * Resolves the keys that tokens are signed and checked with. In production no secret is generated: it rejects with an
 * `Error` that names the missing setting and how to set it. Otherwise a random secret is generated once and stored in
 * `<dataDir>/jwt-secret`.
 */
export async function resolveSecrets(settings: SecretSettings): Promise<Secrets> {
  const { nodeEnv, jwtSecret, jwksUrl, dataDir } = settings;
  if (jwtSecret) {
    if (nodeEnv === "production" && Buffer.byteLength(jwtSecret) < SECRET_BYTES) {
      throw new Error(
        `JWT_SECRET is too short for production: it needs ${SECRET_BYTES} bytes or more. ${HOW_TO_MAKE_ONE}`,
      );
    }
    return { signingKey: keyOf(jwtSecret), jwksUrl: parseJwksUrl(jwksUrl) };
  }
  if (jwksUrl) return { signingKey: undefined, jwksUrl: parseJwksUrl(jwksUrl) };
  if (nodeEnv === "production") {
    throw new Error(
      "Production needs JWT_SECRET (to sign and check tokens here) or JWKS_URL (to check tokens of an identity " +
        `provider) in the environment; neither is set. ${HOW_TO_MAKE_ONE}`,
    );
  }
  return { signingKey: keyOf(await developmentSecret(dataDir)), jwksUrl: undefined };
}

const HOW_TO_MAKE_ONE = "A good secret: openssl rand -base64 48";

function keyOf(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret));
}

/** Parses `JWKS_URL`. The error does not repeat the value, because such URLs may contain credentials. */
function parseJwksUrl(jwksUrl: string | undefined): URL | undefined {
  if (!jwksUrl) return undefined;
  const url = URL.canParse(jwksUrl) ? new URL(jwksUrl) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw new Error(
      "JWKS_URL is not an http or https address; for example https://login.example.com/.well-known/jwks.json",
    );
  }
  return url;
}

/**
 * Returns the development secret, generated if missing. Workers that start at once in an empty folder must get the same
 * one. Linking a complete file to its name is exclusive and atomic; writing the file in place would be neither.
 */
async function developmentSecret(dataDir: string): Promise<string> {
  const file = path.join(dataDir, "jwt-secret");
  const found = await readSecret(file);
  if (found !== undefined) return found;

  await mkdir(dataDir, { recursive: true });
  const draft = `${file}.${randomBytes(8).toString("hex")}`;
  try {
    await writeFile(draft, `${randomBytes(SECRET_BYTES).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
    await link(draft, file);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const kept = await readSecret(file);
  if (kept === undefined) throw new Error(`${file} was removed while the hub started; start again`);
  return kept;
}

async function readSecret(file: string): Promise<string | undefined> {
  let secret: string;
  try {
    secret = (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  if (Buffer.byteLength(secret) < SECRET_BYTES) throw new Error(`${file} is damaged; remove it and a new one is made`);
  return secret;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
