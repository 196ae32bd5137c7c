export { idle, ManualClock } from "../../src/testing/manual-clock.ts";
