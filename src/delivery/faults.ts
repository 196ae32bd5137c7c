/**
 * Where a worker can be made to die, in tests alone:
 * - `written`: a change is committed, and nothing of it has gone out;
 * - `published`: its messages are out, and whoever asked for it has no answer;
 * - `replaying`: a client that has come back was given a part of what it has missed.
 */
export type FaultPoint = (name: "written" | "published" | "replaying") => void;

/** Nothing happens there. */
export const noFaults: FaultPoint = () => {};
