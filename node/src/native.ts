// What the native half offers. `bindings/napi` is its source, `load.ts` finds it.

import type { ErrorCode, ErrorFields, OperationName } from "./errors.js";
import type { PrincipalRecord, UserRecord } from "./models.js";

/** Why a call failed, as the native half says it: what is known by its name. `retryAfter` is seconds. */
export interface NativeFailure extends Omit<ErrorFields, "retryAfter"> {
  kind: ErrorCode;
  message: string;
  retryAfter?: number;
}

/** A finished call: its number, and a failure or else the values of its record. `fields` says which value is whose. */
export type Finished = readonly [id: number, failure: NativeFailure | null, ...values: unknown[]];

/** The names of a record's values, in their order: the only list there is of it. */
export interface NativeFields {
  principal: (keyof PrincipalRecord)[];
  user: (keyof UserRecord)[];
}

/** A client. Beginning an operation returns the finished call if there is nothing to wait for. */
export interface NativeClient {
  readonly tenancyId: string;
  readonly endpoint: string;
  /** Settings and the fields of an update are by their names, without those that are not given; times in milliseconds. */
  begin(id: number, operation: OperationName, argument: string, settings?: object, update?: object): Finished | null;
  close(): void;
}

/** The way to the calls and back. */
export interface NativeBridge {
  cancel(id: number): void;
}

export interface Native {
  Bridge: new (settle: (...finished: Finished | []) => void) => NativeBridge;
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
