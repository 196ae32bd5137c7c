import mongoose from "mongoose";
import { HubError } from "../../hub/errors.ts";
import { isUniqueViolation } from "./ferretdb.ts";

const { mongo } = mongoose;

/** Errors of a server that is unreachable, shutting down or no longer primary. A later try may succeed. */
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

/** Labels by which the driver marks an error as temporary, from the server's code or by its own rules. */
const TEMPORARY_LABELS = ["RetryableWriteError", "RetryableError", "TransientTransactionError", "ResetPool"];
/** ShutdownInProgress, PrimarySteppedDown, NotWritablePrimary, Interrupted…, NotPrimary…, HostUnreachable and the like. */
const TEMPORARY_CODES = new Set([6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436]);

/** Returns true when a value of a unique index is taken. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof mongo.MongoServerError)) return false;
  return error.code === 11000 || isUniqueViolation(error);
}

/** Returns true when the connection broke, so that the outcome of the operation is unknown. */
export function isAnswerLost(error: unknown): boolean {
  return unwrapped(error) instanceof mongo.MongoNetworkError;
}

/**
 * Maps an error of the driver to one of the store: `HubError("unavailable")`, with the error as its `cause` for the log. A
 * fault is returned unchanged.
 */
export function storeError(error: unknown): unknown {
  return isAway(error) ? Object.assign(new HubError("unavailable"), { cause: error }) : error;
}

/** Runs an operation of the driver. Rejects with its error mapped by `storeError`. */
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
  return TEMPORARY_LABELS.some((label) => error.hasErrorLabel(label)) || TEMPORARY_CODES.has(Number(error.code));
}

/** Returns the error of the operation itself. The driver wraps it when several documents are inserted. */
function unwrapped(error: unknown): unknown {
  if (!(error instanceof mongo.MongoBulkWriteError)) return error;
  const { errorResponse } = error;
  return errorResponse instanceof Error ? errorResponse : error;
}
