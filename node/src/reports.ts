// How a call went.

import type { OperationName } from "./errors.js";
import { freeze } from "./intrinsics.js";
import type { Finished, NativeReport } from "./native.js";
import { read } from "./read.js";

/** What a call is for: an operation, or to open a connection. */
export type CallName = OperationName | "warm_up";

/** How a call went, beside its value. */
export interface CallInfo {
  /** How many requests were attempted. */
  readonly attempts: number;
  /** The HTTP status of the last response. */
  readonly status: number | undefined;
  /** The id that the service assigned to the last request: quote it to Passlock's support. */
  readonly requestId: string | undefined;
  /** How long the call took, retries and waits included, in milliseconds. */
  readonly elapsed: number;
}

/** What a call returned, and how it went. */
export interface WithInfo<Value> {
  /** What the call returned. */
  readonly value: Value;
  /** How it went. */
  readonly info: CallInfo;
}

/** A value with what a finished call's report says. @internal */
export function withInfo<Value>(value: Value, finished: Finished): WithInfo<Value> {
  // A call that succeeded has sent something, so there is a report.
  return freeze({ value, info: infoOf(finished[finished.length - 1] as NativeReport) });
}

function infoOf(report: NativeReport): CallInfo {
  return freeze({
    attempts: report.attempts,
    status: read(report, "status") as number | undefined,
    requestId: read(report, "requestId") as string | undefined,
    elapsed: report.elapsed,
  });
}
