import { onEveryStore } from "./contract/bench.ts";
import { changes } from "./contract/changes.ts";
import { documents } from "./contract/documents.ts";
import { log } from "./contract/log.ts";
import { logTrim } from "./contract/log-trim.ts";
import { numbering } from "./contract/numbering.ts";
import { outbox } from "./contract/outbox.ts";
import { queries } from "./contract/queries.ts";
import { randomQueries } from "./contract/random-queries.ts";
import { values } from "./contract/values.ts";

onEveryStore((bench) => {
  documents(bench);
  numbering(bench);
  changes(bench);
  outbox(bench);
  log(bench);
  logTrim(bench);
  queries(bench);
  randomQueries(bench);
  values(bench);
});
