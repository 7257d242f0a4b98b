// How a call went: for calls that request it, and for those who observe calls.

import type { ErrorCode, OperationName } from "./errors.js";
import { freeze, getTime, hasOwn, OwnDate } from "./intrinsics.js";
import type { Finished, NativeFailure, NativeReport, NativeRequestReport } from "./native.js";
import { read } from "./read.js";

/** What a call does: an operation, or `warm_up`, which opens a connection. */
export type CallName = OperationName | "warm_up";

/** How a call went: returned along with the call's value. */
export interface CallInfo {
  /** How many requests were attempted. */
  readonly attempts: number;
  /** The HTTP status of the last attempt's response; undefined if it had none. */
  readonly status: number | undefined;
  /** The id that the service assigned to the last attempt: quote it to Passlock's support. */
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

/**
 * A call that has ended, as published on the channel `passlock:call` of `node:diagnostics_channel`. It contains no API key, no
 * token and no user data.
 */
export interface CallReport {
  /** What the call did. */
  readonly operation: CallName;
  /** The endpoint of the client that made it. */
  readonly endpoint: string;
  /** The host of that endpoint; undefined for a cancelled call. */
  readonly serverAddress: string | undefined;
  /** The port of that endpoint; undefined for a cancelled call. */
  readonly serverPort: number | undefined;
  /** When it began. */
  readonly startTime: Date;
  /** How long it took, retries and waits included, in milliseconds. */
  readonly elapsed: number;
  /** The HTTP status of the last attempt's response; undefined if it had none. */
  readonly status: number | undefined;
  /** The id that the service assigned to the last attempt. */
  readonly requestId: string | undefined;
  /** The `code` of the error that it was rejected with, or `cancelled` if a signal ended it; undefined if it succeeded. */
  readonly error: ErrorCode | "cancelled" | undefined;
  /** Its requests, in order; empty for a cancelled call, whose requests are not known. */
  readonly attempts: readonly AttemptReport[];
}

/** One request of a call. */
export interface AttemptReport {
  /** The HTTP method. */
  readonly method: string;
  /** The route, without its values, such as `/{tenancyId}/user/{sub}`. */
  readonly route: string;
  /** When it was sent, in milliseconds since the call began. */
  readonly begun: number;
  /** When it was answered, or failed, in milliseconds since the call began. */
  readonly ended: number;
  /** The HTTP status of the response. */
  readonly status: number | undefined;
  /**
   * Why it failed, as OpenTelemetry's `error.type`: the status of an error response, or else the `code` of the error. Undefined
   * if it succeeded.
   */
  readonly errorType: string | undefined;
  /** How many times the same request had been sent before. */
  readonly resendCount: number;
  /** How long the call waited before the next attempt, in milliseconds; undefined if there was none. */
  readonly wait: number | undefined;
  /** The id that the service assigned to the request. */
  readonly requestId: string | undefined;
}

/** A value with the info of its finished call. @internal */
export function withInfo<Value>(value: Value, finished: Finished): WithInfo<Value> {
  // A call that succeeded has the report that was requested.
  const report = reportOf(finished) as NativeReport;
  const { attempts, elapsed } = report;
  return freeze({ value, info: freeze({ attempts, ...answer(report), elapsed }) });
}

/** The report of a finished call; undefined if none was requested, or the call was refused. @internal */
export function reportOf(finished: Finished): NativeReport | undefined {
  const last = finished[finished.length - 1];
  return typeof last === "object" && last !== null && hasOwn(last, "requests") ? (last as NativeReport) : undefined;
}

/** What is known about a call when it begins. @internal */
export type Begun = Pick<CallReport, "operation" | "endpoint" | "startTime">;

/** The report of a call that succeeded or failed. @internal */
export function ended(call: Begun, report: NativeReport, failure: NativeFailure | null): CallReport {
  const { elapsed, requests, serverAddress, serverPort } = report;
  // In place: an element that is added to a new array may end up in a setter of a polluted prototype.
  const attempts = requests as (NativeRequestReport | AttemptReport)[];
  for (let at = 0; at < requests.length; at++) {
    const request = requests[at] as NativeRequestReport;
    const { method, route, begun, ended, resendCount } = request;
    attempts[at] = freeze({
      ...{ method, route, begun, ended, resendCount },
      ...answer(request),
      errorType: read(request, "errorType") as string | undefined,
      wait: read(request, "wait") as number | undefined,
    });
  }
  freeze(attempts);
  const error = failure === null ? undefined : failure.kind;
  return freeze({
    ...call,
    ...{ serverAddress, serverPort, elapsed },
    ...answer(report),
    error,
    attempts: attempts as AttemptReport[],
  });
}

/** The report of a call that a signal ended. @internal */
export function cancelled(call: Begun): CallReport {
  const elapsed = getTime(new OwnDate()) - getTime(call.startTime);
  return freeze({
    ...call,
    serverAddress: undefined,
    serverPort: undefined,
    // The clock may have been set back.
    elapsed: elapsed > 0 ? elapsed : 0,
    status: undefined,
    requestId: undefined,
    error: "cancelled",
    attempts: freeze([]),
  });
}

function answer(report: NativeReport | NativeRequestReport): Pick<CallInfo, "status" | "requestId"> {
  return {
    status: read(report, "status") as number | undefined,
    requestId: read(report, "requestId") as string | undefined,
  };
}
