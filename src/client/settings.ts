/** The port of each app on localhost, by the name that its namespaces begin with. */
export type Ports = Readonly<Record<string, number>>;

/** Port of an app that is not in `Ports`. */
const DEFAULT_PORT = 3000;

let hubUrl: string | undefined;

/**
 * Sets the hub's URL for every `connect()` and hook without a URL of its own. Any of the hub's ports works, because
 * each serves every namespace and route. By default each app is reached at its own port on localhost.
 */
export function configureJunction({ url }: { readonly url: string | undefined }): void {
  hubUrl = url;
}

/** Returns the base URL of the app of a namespace, without a trailing slash. */
export function baseUrl(namespace: string, ports: Ports, url: string | undefined = hubUrl): string {
  const app = namespace.split("/")[1] ?? "";
  return (url ?? `http://localhost:${ports[app] ?? DEFAULT_PORT}`).replace(/\/+$/, "");
}
