import type { App } from "../../src/app.ts";
import { createTurns } from "../../src/hub/in-turn.ts";
import type { Collection, Document, Store } from "../../src/store/collection.ts";

/**
 * Returns the app on a store without group commit. A change of a document is requested when the one before it is done,
 * so the store never finds two waiting and writes each by itself. Nothing else differs.
 */
export function oneAtATime(app: App): App {
  return { ...app, start: (server) => app.start({ ...server, store: withTurns(server.store) }) };
}

function withTurns(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === "collection") {
        const collection: Store["collection"] = async (declaration) => turning(await store.collection(declaration));
        return collection;
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function turning<T extends Document, I extends string>(collection: Collection<T, I>): Collection<T, I> {
  const turn = createTurns();
  return new Proxy(collection, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "modify") return value.bind(target);
      return (id: number | string, ...rest: unknown[]) => turn(String(id), () => value.call(target, id, ...rest));
    },
  });
}
