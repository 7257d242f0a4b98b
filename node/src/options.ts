import type { AuthType } from "./models.js";
import type { Kind } from "./read.js";

/**
 * A client's settings. Explicit settings override environment variables, which override defaults. All durations are in
 * milliseconds.
 */
export interface PasslockOptions {
  /** The tenancy id. Default: the `PASSLOCK_TENANCY_ID` environment variable. */
  tenancyId?: string | undefined;
  /**
   * The API key, for your server only: 8 to 4096 bytes. Default: the `PASSLOCK_API_KEY` environment variable. Trailing newlines
   * are removed.
   */
  apiKey?: string | undefined;
  /**
   * Where the API is: https, or http to this machine. Default: the `PASSLOCK_ENDPOINT` environment variable, or else
   * {@link DEFAULT_ENDPOINT}.
   */
  endpoint?: string | undefined;
  /** Allows plain http to hosts other than this machine, which exposes the API key to the network. Default: false. */
  allowHttp?: boolean | undefined;
  /**
   * The limit on the whole call, retries and waits included. Default: 30000.
   *
   * This and the other two limits must be more than 0 and at most one hour. One that is longer than the enclosing one is
   * clamped to it.
   */
  timeout?: number | undefined;
  /** The limit on one attempt. Default: 10000. */
  attemptTimeout?: number | undefined;
  /** The limit on opening a connection: DNS, TCP, proxy and TLS. Default: 5000. */
  connectTimeout?: number | undefined;
  /** How long a connection is kept open for the next call, at most one hour; 0 disables this. Default: 300000. */
  idleTimeout?: number | undefined;
  /** The maximum number of retries, 0 to 10. Default: 2. */
  maxRetries?: number | undefined;
  /** The maximum size of a response body, in bytes, at most 1 GiB. Default: 1 MiB. */
  maxResponseBytes?: number | undefined;
  /**
   * An http proxy, `http://[user:password@]host[:port]`. Default: the `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`
   * environment variables, which never apply to an endpoint on this machine.
   */
  proxy?: string | undefined;
  /** Certificate authorities to trust in addition to the platform's: PEM, not the name of a file. Default: none. */
  caCertificates?: string | Uint8Array | undefined;
  /** The allowed clock difference when claims are checked, at most one hour. Default: 60000. */
  leeway?: number | undefined;
  /** Whether a principal's claims are checked at all. Default: true. */
  verifyClaims?: boolean | undefined;
  /** The only accepted issuer (`iss`). Default: any. */
  issuer?: string | undefined;
  /** Whether the authenticator must have verified the user. Default: false. */
  requireUserVerified?: boolean | undefined;
  /** The accepted authentication methods. Default, and when empty: any. */
  authTypes?: readonly AuthType[] | undefined;
  /** The application's name, appended to this package's in `User-Agent`: `my-app/1.2`, printable ASCII. Default: none. */
  appInfo?: string | undefined;
  /**
   * Up to 32 additional headers for every request, such as a gateway's. Their values are treated as secrets: those of 8 bytes
   * or more, and parts of that length, are removed from what servers say. Those that the SDK sets itself are refused. Default:
   * none.
   */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** What each of them is. @internal */
export const CLIENT: Record<keyof PasslockOptions, Kind> = {
  tenancyId: "string",
  apiKey: "string",
  endpoint: "string",
  allowHttp: "boolean",
  timeout: "number",
  attemptTimeout: "number",
  connectTimeout: "number",
  idleTimeout: "number",
  maxRetries: "number",
  maxResponseBytes: "number",
  proxy: "string",
  caCertificates: "bytes",
  leeway: "number",
  verifyClaims: "boolean",
  issuer: "string",
  requireUserVerified: "boolean",
  authTypes: "strings",
  appInfo: "string",
  headers: "pairs",
};

/** Settings of one call. */
export interface CallOptions {
  /**
   * Ends the call: its request ends at once, and the promise is rejected with the signal's reason. An update may have been
   * made all the same.
   */
  signal?: AbortSignal | undefined;
  /** The limit on the whole call, in milliseconds, instead of the client's. */
  timeout?: number | undefined;
  /** The maximum number of retries of this call, 0 to 10, instead of the client's. */
  maxRetries?: number | undefined;
}

/** @internal */
export const CALL: Record<Exclude<keyof CallOptions, "signal">, Kind> = { timeout: "number", maxRetries: "number" };

/** Settings of one exchange. */
export interface ExchangeOptions extends CallOptions {
  /** The only accepted issuer (`iss`), instead of the client's. */
  issuer?: string | undefined;
  /** Whether the authenticator must have verified the user, instead of the client's setting. */
  requireUserVerified?: boolean | undefined;
  /** The accepted authentication methods, instead of the client's. */
  authTypes?: readonly AuthType[] | undefined;
}

/** @internal */
export const EXCHANGE: Record<Exclude<keyof ExchangeOptions, "signal">, Kind> = {
  ...CALL,
  issuer: "string",
  requireUserVerified: "boolean",
  authTypes: "strings",
};

/**
 * The changes to make to a user. Undefined and null leave a field unchanged; an empty string is sent as such. The email
 * can't be changed: it is the passkey's user name on the user's device. An update with no fields is refused.
 */
export interface UserUpdate {
  /** Given name. */
  givenName?: string | null | undefined;
  /** Family name. */
  familyName?: string | null | undefined;
  /** Whether the email address is verified. */
  emailVerified?: boolean | null | undefined;
}

/** @internal */
export const UPDATE: Record<keyof UserUpdate, Kind> = {
  givenName: "string",
  familyName: "string",
  emailVerified: "boolean",
};
