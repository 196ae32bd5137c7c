import { calibrate } from "./calibrate.ts";
import { capacityFor } from "./capacity.ts";
import { check, checkTable, MOST_DEVIATION, missed } from "./check.ts";
import { readCosts, writeCosts } from "./costs.ts";
import { Measured } from "./measured.ts";
import { HELP, optionsFrom } from "./options.ts";
import { seededRandom } from "./random.ts";
import { report } from "./report.ts";

const SEED = 1;

function main(args: readonly string[]): void {
  const options = optionsFrom(args);
  if (options.command === "help") console.log(HELP);
  else if (options.command === "calibrate") {
    writeCosts(calibrate(Measured.read(options.file)));
    console.log("Written to simulate/costs.json");
  } else if (options.command === "check") {
    const comparisons = check(readCosts(), Measured.read(options.file));
    if (!comparisons.some(({ isHeldOut }) => isHeldOut)) throw new Error("The results have no held out scenario");
    console.log(checkTable(comparisons));
    const off = missed(comparisons);
    console.log(`\n${off.length} held out predictions are off by more than ${MOST_DEVIATION * 100} %`);
    if (off.length > 0) process.exitCode = 1;
  } else {
    const costs = readCosts();
    console.log(report(options.demand, costs, capacityFor(options.demand, costs, seededRandom(SEED))));
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
