/** The ports of the documents: where each app is found unless something else is said. */
const DOCUMENTED_PORTS: Readonly<Record<string, number>> = {
  vehicles: 3000,
  events: 3000,
  bookings: 5000,
  battery: 8000,
  parking: 8000,
};

let hubUrl: string | undefined;

/**
 * Says once where the hub is, for every `connect()` and hook that is given no URL of its own. Any of its ports will do:
 * each serves every namespace and route. Without it, each app is looked for at the port of its document on localhost.
 */
export function configureJunction({ url }: { readonly url: string | undefined }): void {
  hubUrl = url;
}

/** Where the app of a namespace is, without a slash at the end. */
export function baseUrl(namespace: string, url: string | undefined = hubUrl): string {
  const app = namespace.split("/")[1] ?? "";
  return (url ?? `http://localhost:${DOCUMENTED_PORTS[app] ?? 3000}`).replace(/\/+$/, "");
}
