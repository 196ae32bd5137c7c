/** The port of each app on localhost, by the name that its namespaces begin with. */
export type Ports = Readonly<Record<string, number>>;

/** The port where an app is looked for that has none of its own. */
const DEFAULT_PORT = 3000;

let hubUrl: string | undefined;

/**
 * Says once where the hub is, for every `connect()` and hook that is given no URL of its own. Any of its ports will do:
 * each serves every namespace and route. Without it, each app is looked for at its own port on localhost.
 */
export function configureJunction({ url }: { readonly url: string | undefined }): void {
  hubUrl = url;
}

/** Tells where the app of a namespace is, without a slash at the end. */
export function baseUrl(namespace: string, ports: Ports, url: string | undefined = hubUrl): string {
  const app = namespace.split("/")[1] ?? "";
  return (url ?? `http://localhost:${ports[app] ?? DEFAULT_PORT}`).replace(/\/+$/, "");
}
