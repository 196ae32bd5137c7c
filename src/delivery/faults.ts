/**
 * A function that can end the worker, for tests alone. It is called when
 * - `written`: a change is committed, and none of its messages is sent;
 * - `published`: its messages are sent, and the caller has no answer;
 * - `replaying`: a client that resumes was sent a part of the messages that it has missed.
 */
export type FaultPoint = (name: "written" | "published" | "replaying") => void;

/** The fault point of a worker outside tests: does nothing. */
export const noFaults: FaultPoint = () => {};
