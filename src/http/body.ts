import express, { type Request, type Response } from "express";
import { HubError } from "../hub/errors.ts";
import { HttpError } from "./problem.ts";

/** The largest body in bytes, counted after decompression: enough for any document here, too little to do harm. */
const LARGEST_BODY = 64 * 1024;

const parse = express.json({ limit: LARGEST_BODY });

/**
 * Reads the JSON body of a request; `{}` if there is none. Rejects with an error for the client. The parser's own
 * errors are not passed on, because they quote the body.
 */
export async function readBody(request: Request, response: Response): Promise<unknown> {
  const isEmpty = request.get("Content-Length") === "0";
  if (!isEmpty && request.is("application/json") === false) throw new HttpError("unsupported_media_type");
  await new Promise<void>((resolve, reject) => {
    parse(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(clientError(error));
    });
  });
  return request.body ?? {};
}

function clientError(error: unknown): Error {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (status === 413) return new HubError("too_large", `The body is larger than ${LARGEST_BODY / 1024} KiB`);
  if (status === 415) return new HttpError("unsupported_media_type");
  return new HubError("invalid_json");
}
