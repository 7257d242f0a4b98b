import { guarded, native } from "./calls.js";
import { defineProperty, keys } from "./intrinsics.js";
import type { NativeFailure } from "./native.js";
import { bare, read } from "./read.js";

/** What went wrong, as one of thirteen kinds: an error's `code`. */
export type ErrorCode =
  | "config"
  | "invalid_input"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "rate_limited"
  | "bad_request"
  | "server"
  | "timeout"
  | "connection"
  | "protocol"
  | "claims"
  | "internal";

/** The operations, as errors name them. */
export type OperationName = "exchange_token" | "get_user" | "update_user";
/** The time limits, as a {@link PasslockTimeoutError} names them. */
export type LimitName = "timeout" | "attempt_timeout" | "connect_timeout";
/** The claims that are checked, as a {@link ClaimsError} names them. */
export type ClaimName = "aud" | "iss" | "nbf" | "exp" | "user_verified" | "auth_type";

/** What is known about an error. */
export interface ErrorDetails {
  /** The operation that failed; absent for `warmUp`, and if no call was made. */
  readonly operation?: OperationName;
  /** The HTTP status of the last attempt's response; absent if it had none. */
  readonly status?: number;
  /** The API's own name for its error (`_tag`), verbatim. */
  readonly tag?: string;
  /** What the API says about its error. At most 1 KiB of it. */
  readonly detail?: string;
  /** The id that the service assigned to the request: quote it to Passlock's support. */
  readonly requestId?: string;
  /** How long the service asks you to wait before another attempt, in milliseconds, counted from its response. */
  readonly retryAfter?: number;
  /** How many requests were attempted; 0 if the call was refused before the first. */
  readonly attempts: number;
  /** Whether the same call may succeed later and is safe to repeat, even when the SDK's own retries are used up. */
  readonly retryable: boolean;
  /** The time limit that was exceeded, for a {@link PasslockTimeoutError}. */
  readonly limit?: LimitName;
  /** The claim that failed its check, for a {@link ClaimsError}. */
  readonly claim?: ClaimName;
  /** A likely cause, if recognized: `wrong_endpoint` if the service has no such route. */
  readonly hint?: "wrong_endpoint";
  /**
   * Whether an update was accepted even though the call failed: the user was changed, but could not be read back. If this is
   * false, an update that ended in `timeout`, `connection` or `server` may have been made all the same.
   */
  readonly applied: boolean;
  /** The cause as text, if another library reported one. */
  readonly cause?: string;
  /** The HTTP status to return to your own caller, such as the browser that sent the token. */
  readonly suggestedStatus: number;
  /** Whether the login itself was refused: the token is invalid, or its user is disabled. */
  readonly isLoginRefused: boolean;
}

/** The fields of an error: the details that are known. */
export type ErrorFields = { -readonly [Name in keyof ErrorDetails]?: ErrorDetails[Name] | undefined };

/** Every detail by its name, and what it is unless it is known. */
const DETAILS: { readonly [Name in keyof Required<ErrorDetails>]: ErrorFields[Name] } = {
  operation: undefined,
  status: undefined,
  tag: undefined,
  detail: undefined,
  requestId: undefined,
  retryAfter: undefined,
  attempts: 0,
  retryable: false,
  limit: undefined,
  claim: undefined,
  hint: undefined,
  applied: false,
  cause: undefined,
  suggestedStatus: undefined,
  isLoginRefused: undefined,
};
const NAMES = keys(DETAILS) as (keyof ErrorDetails)[];

export interface PasslockError extends ErrorDetails {
  // Of anything in the language's own class.
  readonly cause?: string;
}

/**
 * Why a call failed, or why a client could not be created. Its class (or `code`) says what to do about it; the other fields
 * say what is known. `message` is one line for humans. No part of an error ever contains the API key or a token.
 *
 * `import` and `require` load the same classes, so `instanceof` works however an error was made.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: as above
export class PasslockError extends Error {
  /** The kind of error, as a stable string. */
  declare readonly code: ErrorCode;

  /** @param fields the fields that are known; those that are undefined are left out */
  constructor(message: string, fields?: ErrorFields) {
    super(message);
    const known = fields ?? bare<ErrorFields>();
    for (let at = 0; at < NAMES.length; at++) {
      const name = NAMES[at] as keyof ErrorDetails;
      const value = read(known, name) ?? DETAILS[name];
      if (value !== undefined) {
        // A cause is set as the language itself would.
        define(this, name, value, name !== "cause");
      }
    }
    if (this.suggestedStatus === undefined || this.isLoginRefused === undefined) {
      // Made on this side, by the package or in an application's tests: by the same rule as those of the native half.
      const codes = [string(this.operation), string(this.tag), string(this.hint)] as const;
      const own = guarded(() => native.failure(string(this.code) ?? "", codes[0], codes[1], codes[2]));
      define(this, "suggestedStatus", this.suggestedStatus ?? own.suggestedStatus, true);
      define(this, "isLoginRefused", this.isLoginRefused ?? own.isLoginRefused, true);
    }
  }

  /** The same as `code`: `kind` is its name in the other languages of this SDK. */
  get kind(): ErrorCode {
    return this.code;
  }
}

/** A setting is missing or wrong, or the client is closed. */
export class ConfigError extends PasslockError {}
/** An argument was refused before anything was sent. */
export class InvalidInputError extends PasslockError {}
/** The API responded with an error: the base class of the six from {@link UnauthorizedError} to {@link ServerError}. */
export class ApiError extends PasslockError {}
/** 401: the API rejected the API key or the tenancy id. */
export class UnauthorizedError extends ApiError {}
/** 403: the key lacks permission, or the key or the user is disabled. */
export class ForbiddenError extends ApiError {}
/** 404: no such user, or a token that is unknown or expired. */
export class NotFoundError extends ApiError {}
/** 429: too many requests. */
export class RateLimitedError extends ApiError {}
/** Any other 4xx. */
export class BadRequestError extends ApiError {}
/** 5xx. */
export class ServerError extends ApiError {}
/** A time limit was exceeded; `limit` says which. */
export class PasslockTimeoutError extends PasslockError {}
/** No connection, or it closed before the response was complete: DNS, refused, TLS, reset, cut off. */
export class PasslockConnectionError extends PasslockError {}
/** A response that can't be understood. */
export class ProtocolError extends PasslockError {}
/** A well-formed principal that is not for this tenancy or not valid now; `claim` says which claim failed its check. */
export class ClaimsError extends PasslockError {}
/** An internal error in the SDK: please report it as a bug. */
export class InternalError extends PasslockError {}

const CLASSES: Record<ErrorCode, typeof PasslockError> = {
  config: ConfigError,
  invalid_input: InvalidInputError,
  unauthorized: UnauthorizedError,
  forbidden: ForbiddenError,
  not_found: NotFoundError,
  rate_limited: RateLimitedError,
  bad_request: BadRequestError,
  server: ServerError,
  timeout: PasslockTimeoutError,
  connection: PasslockConnectionError,
  protocol: ProtocolError,
  claims: ClaimsError,
  internal: InternalError,
};

// On the prototypes: a bundler that shortens the classes' names must not change these, and a stack's first line has them.
for (const [code, type] of Object.entries(CLASSES)) {
  define(type.prototype, "code", code, false);
}
for (const [name, type] of Object.entries({
  PasslockError,
  ConfigError,
  InvalidInputError,
  ApiError,
  UnauthorizedError,
  ForbiddenError,
  NotFoundError,
  RateLimitedError,
  BadRequestError,
  ServerError,
  PasslockTimeoutError,
  PasslockConnectionError,
  ProtocolError,
  ClaimsError,
  InternalError,
})) {
  define(type.prototype, "name", name, false);
}

function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function define(of: object, name: string, value: unknown, enumerable: boolean): void {
  defineProperty(of, name, {
    __proto__: null,
    value,
    enumerable,
    writable: true,
    configurable: true,
  } as PropertyDescriptor);
}

for (const name of NAMES) {
  // What is not known is undefined, and not what `Object.prototype` is polluted with. A cause is: to have one, even undefined,
  // means that it is shown.
  if (name !== "cause") {
    define(PasslockError.prototype, name, undefined, false);
  }
}

/**
 * The error for a failure. Made where the caller awaits, so that its stack shows the caller.
 *
 * @internal
 */
export function toError(failure: NativeFailure): PasslockError {
  const { kind, message, retryAfter, ...known } = { __proto__: null, ...failure } as NativeFailure;
  return new CLASSES[kind](message, {
    ...known,
    retryAfter: retryAfter === undefined ? undefined : retryAfter * 1000,
  });
}
