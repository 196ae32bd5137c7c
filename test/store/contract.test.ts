import { onEveryStore } from "./contract/bench.ts";
import { changes } from "./contract/changes.ts";
import { documents } from "./contract/documents.ts";
import { queries } from "./contract/queries.ts";
import { randomQueries } from "./contract/random-queries.ts";
import { values } from "./contract/values.ts";
import { workers } from "./contract/workers.ts";

onEveryStore((bench) => {
  documents(bench);
  changes(bench);
  queries(bench);
  randomQueries(bench);
  values(bench);
  workers(bench);
});
