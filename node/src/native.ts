// What the native half offers. Its source is `bindings/napi`; `load.ts` finds it.

import type { ErrorCode, ErrorFields } from "./errors.js";
import type { PrincipalRecord, UserRecord } from "./models.js";
import type { CallName } from "./reports.js";

/** Why a call failed, as the native half reports it: each known field by its name. `retryAfter` is in seconds. */
export interface NativeFailure extends Omit<ErrorFields, "retryAfter"> {
  kind: ErrorCode;
  message: string;
  retryAfter?: number;
}

/**
 * A finished call: its number, then a failure, or else the values of its record. `fields` gives each value's name. If a
 * report was requested, and the call was not refused, it comes last.
 */
export type Finished = readonly [id: number, failure: NativeFailure | null, ...values: unknown[]];

/** The names of a record's values, in order. This is the only such list. */
export interface NativeFields {
  principal: (keyof PrincipalRecord)[];
  user: (keyof UserRecord)[];
}

/** How a call went. Unknown fields are absent; durations are milliseconds, as are times, which count from when the call began. */
export interface NativeReport {
  attempts: number;
  status?: number;
  requestId?: string;
  elapsed: number;
  serverAddress: string;
  serverPort: number;
  /** Empty unless the call was observed. */
  requests: NativeRequestReport[];
}

export interface NativeRequestReport {
  method: string;
  route: string;
  begun: number;
  ended: number;
  status?: number;
  errorType?: string;
  resendCount: number;
  wait?: number;
  requestId?: string;
}

/** A client. Beginning an operation returns the finished call if there is nothing to wait for. */
export interface NativeClient {
  readonly tenancyId: string;
  readonly endpoint: string;
  /** Settings and the fields of an update are given by name, without those that are not set; times in milliseconds. */
  begin(id: number, operation: CallName, argument: string, settings?: object, update?: object): Finished | null;
  /** The same, with a report. */
  beginWithInfo(id: number, operation: CallName, argument: string, settings?: object, update?: object): Finished | null;
  /** The same, with each request in the report. */
  beginObserved(id: number, operation: CallName, argument: string, settings?: object, update?: object): Finished | null;
  close(): void;
}

/** The way to the calls, and back from them. */
export interface NativeBridge {
  cancel(id: number): void;
}

export interface Native {
  /** `settle` is called for each call that has ended. It is held only while calls are in flight. */
  Bridge: new (
    settle: (...finished: Finished) => void,
  ) => NativeBridge;
  Client: { open(bridge: NativeBridge, settings: object): NativeClient | NativeFailure };
  fields(): NativeFields;
  /** What a caller gets instead of an exception of the native half, which would be a panic. */
  internalError(): NativeFailure;
  /** An error of this half's own making, with what the core says of its kind, operation, tag and hint. */
  failure(kind: string, operation?: string, tag?: string, hint?: string): NativeFailure;
  /** The environment variables that settings may come from. */
  variables(): string[];
  version(): string;
}
