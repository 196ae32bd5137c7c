import mongoose from "mongoose";
import { HubError } from "../../hub/errors.ts";
import { isUniqueViolation } from "./ferretdb.ts";

const { mongo } = mongoose;

/** The server cannot be reached, is going down or has just lost its role: another try later may do. */
const AWAY = [
  mongo.MongoNetworkError,
  mongo.MongoServerSelectionError,
  mongo.MongoNotConnectedError,
  mongo.MongoTopologyClosedError,
  mongo.MongoClientClosedError,
  mongo.MongoExpiredSessionError,
  mongo.MongoOperationTimeoutError,
  mongo.MongoWriteConcernError,
];

/** What the driver itself marks as passing, by server code or by its own judgement. */
const PASSING_LABELS = ["RetryableWriteError", "RetryableError", "TransientTransactionError", "ResetPool"];
/** ShutdownInProgress, PrimarySteppedDown, NotWritablePrimary, Interrupted..., NotPrimary..., HostUnreachable and the like. */
const PASSING_CODES = new Set([6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436]);

/** Whether an error says that a unique index is taken. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof mongo.MongoServerError)) return false;
  return error.code === 11000 || isUniqueViolation(error);
}

/** Whether the connection broke, so that nobody knows how far the operation came. */
export function isAnswerLost(error: unknown): boolean {
  return unwrapped(error) instanceof mongo.MongoNetworkError;
}

/** A driver's error as the store's: `HubError("unavailable")`, its `cause` for the log, or unchanged when it is a fault. */
export function storeError(error: unknown): unknown {
  return isAway(error) ? Object.assign(new HubError("unavailable"), { cause: error }) : error;
}

/** Awaits an operation of the driver; rejects with `storeError` of what it rejects with. */
export async function reach<R>(operation: () => Promise<R>): Promise<R> {
  try {
    return await operation();
  } catch (error) {
    throw storeError(error);
  }
}

function isAway(wrapped: unknown): boolean {
  const error = unwrapped(wrapped);
  if (error instanceof mongo.MongoBulkWriteError && error.result.getWriteConcernError()) return true;
  if (AWAY.some((type) => error instanceof type)) return true;
  if (error instanceof mongoose.Error.MongooseServerSelectionError) return true;
  if (!(error instanceof mongo.MongoError)) return false;
  return PASSING_LABELS.some((label) => error.hasErrorLabel(label)) || PASSING_CODES.has(Number(error.code));
}

/** The error of the operation itself, which the driver puts into one of its own where several documents are inserted. */
function unwrapped(error: unknown): unknown {
  if (!(error instanceof mongo.MongoBulkWriteError)) return error;
  const { errorResponse } = error;
  return errorResponse instanceof Error ? errorResponse : error;
}
