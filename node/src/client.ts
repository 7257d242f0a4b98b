import type { InspectOptions } from "node:util";
import { bridge, guarded, isFailure, native, run } from "./calls.js";
import { InvalidInputError, toError } from "./errors.js";
import { CUSTOM, type Inspect, shown } from "./inspect.js";
import { apply, defineProperty, getPrototypeOf, setPrototypeOf } from "./intrinsics.js";
import { makePrincipal, makeUser, type Principal, type User } from "./models.js";
import type { Finished, NativeClient } from "./native.js";
import { isObserved, runObserved } from "./observe.js";
import type { CallOptions, ExchangeOptions, PasslockOptions, UserUpdate } from "./options.js";
import { type CallName, type WithInfo, withInfo } from "./reports.js";
import { callSettings, clientSettings, text, updateFields } from "./settings.js";

const FIELDS = native.fields();
const VARIABLES = native.variables();

/** The API's documented endpoint. */
export const DEFAULT_ENDPOINT = "https://api.passlock.dev";
/** Where Passlock version 1 tenancies have been served since November 2025. */
export const V1_ENDPOINT = "https://api.v1.passlock.dev";

/**
 * The methods of a client: the type to use in an application whose tests pass in a substitute.
 *
 * ```ts
 * const substitute: PasslockClient = { ...others, exchangeToken: async () => Principal.from({ ... }) };
 * ```
 */
export interface PasslockClient {
  /**
   * Exchanges a browser's token for its principal.
   *
   * Rejects with {@link NotFoundError} for a token that is unknown or expired, {@link ClaimsError} for one that is not for
   * this tenancy or not valid now, or another {@link PasslockError}.
   */
  exchangeToken(token: string, options?: ExchangeOptions): Promise<Principal>;

  /**
   * Reads a user by id.
   *
   * Rejects with {@link NotFoundError} for an unknown user, or another {@link PasslockError}.
   */
  getUser(sub: string, options?: CallOptions): Promise<User>;

  /**
   * Updates a user and returns the updated record.
   *
   * Rejects with {@link NotFoundError} for an unknown user, {@link InvalidInputError} for an update with no fields or with
   * an unknown one, or another {@link PasslockError}, whose `applied` says whether the update was accepted even though the
   * call failed.
   */
  updateUser(sub: string, update: UserUpdate, options?: CallOptions): Promise<User>;

  /** {@link exchangeToken}, plus how the call went: attempts, status, request id and time. Rejects for the same reasons. */
  exchangeTokenWithInfo(token: string, options?: ExchangeOptions): Promise<WithInfo<Principal>>;

  /** {@link getUser}, plus how the call went: attempts, status, request id and time. Rejects for the same reasons. */
  getUserWithInfo(sub: string, options?: CallOptions): Promise<WithInfo<User>>;

  /** {@link updateUser}, plus how the call went: attempts, status, request id and time. Rejects for the same reasons. */
  updateUserWithInfo(sub: string, update: UserUpdate, options?: CallOptions): Promise<WithInfo<User>>;

  /**
   * Opens a connection in advance (DNS, TCP, proxy, TLS), so that the first call after it costs one round trip. Call it when
   * your program starts, or while a serverless function is initialized, and carry on if it fails: calls open a connection
   * themselves. The request carries no API key, and any response will do.
   *
   * Rejects with {@link PasslockConnectionError} or {@link PasslockTimeoutError} if no connection could be opened after the
   * usual retries, {@link ProtocolError} for a response that is not HTTP or too large, and {@link ConfigError} if an option is
   * wrong or the client is closed.
   */
  warmUp(options?: CallOptions): Promise<void>;

  /**
   * Closes the client at once: calls in flight finish, idle connections close, later calls are rejected with a
   * {@link ConfigError}. Closing again does nothing. There is no need to close a client that is no longer used.
   */
  close(): void;
}

/**
 * The native half of a client. Its methods are bound, so `client` is a different object only if a method was taken from the
 * class.
 */
let nativeOf: (client: unknown, method: string) => NativeClient;

const METHODS = [
  "exchangeToken",
  "getUser",
  "updateUser",
  "exchangeTokenWithInfo",
  "getUserWithInfo",
  "updateUserWithInfo",
  "warmUp",
  "close",
] as const satisfies (keyof PasslockClient)[];

/**
 * A client for the Passlock REST API. One is enough for a whole program: it keeps its connections open, and calls may overlap.
 *
 * Calls never throw: they return promises that are rejected with a {@link PasslockError}, or with a signal's reason.
 * Methods work detached (`const { exchangeToken } = passlock`), and behind a `Proxy`.
 *
 * ```js
 * const passlock = new Passlock({ tenancyId: "my-tenancy", apiKey: process.env.PASSLOCK_API_KEY });
 * const principal = await passlock.exchangeToken(tokenFromTheBrowser);
 * console.log(`${principal.sub} has logged in`);
 * ```
 */
export class Passlock implements PasslockClient {
  /** The tenancy id in use. */
  readonly tenancyId: string;
  /** The endpoint in use. */
  readonly endpoint: string;

  readonly #native: NativeClient;

  /**
   * @param options those that are not given come from the environment (`PASSLOCK_TENANCY_ID`, `PASSLOCK_API_KEY`,
   *   `PASSLOCK_ENDPOINT`)
   * @throws {ConfigError} for the first setting that is missing or wrong, naming it
   */
  constructor(options?: PasslockOptions) {
    const settings = clientSettings(options, VARIABLES);
    const opened = guarded(() => native.Client.open(bridge, settings));
    if (isFailure(opened)) {
      throw toError(opened);
    }
    this.#native = opened;
    this.tenancyId = opened.tenancyId;
    this.endpoint = opened.endpoint;
    bindMethods(this);
  }

  async exchangeToken(token: string, options?: ExchangeOptions): Promise<Principal> {
    const client = nativeOf(this, "exchangeToken");
    return makePrincipal(record(await call(client, "exchange_token", "token", token, options), FIELDS.principal));
  }

  async getUser(sub: string, options?: CallOptions): Promise<User> {
    const client = nativeOf(this, "getUser");
    return makeUser(record(await call(client, "get_user", "sub", sub, options), FIELDS.user));
  }

  async updateUser(sub: string, update: UserUpdate, options?: CallOptions): Promise<User> {
    const client = nativeOf(this, "updateUser");
    return makeUser(record(await call(client, "update_user", "sub", sub, options, { update }), FIELDS.user));
  }

  async exchangeTokenWithInfo(token: string, options?: ExchangeOptions): Promise<WithInfo<Principal>> {
    const client = nativeOf(this, "exchangeTokenWithInfo");
    const finished = await call(client, "exchange_token", "token", token, options, undefined, true);
    return withInfo(makePrincipal(record(finished, FIELDS.principal)), finished);
  }

  async getUserWithInfo(sub: string, options?: CallOptions): Promise<WithInfo<User>> {
    const client = nativeOf(this, "getUserWithInfo");
    const finished = await call(client, "get_user", "sub", sub, options, undefined, true);
    return withInfo(makeUser(record(finished, FIELDS.user)), finished);
  }

  async updateUserWithInfo(sub: string, update: UserUpdate, options?: CallOptions): Promise<WithInfo<User>> {
    const client = nativeOf(this, "updateUserWithInfo");
    const finished = await call(client, "update_user", "sub", sub, options, { update }, true);
    return withInfo(makeUser(record(finished, FIELDS.user)), finished);
  }

  async warmUp(options?: CallOptions): Promise<void> {
    const client = nativeOf(this, "warmUp");
    record(await call(client, "warm_up", "", "", options), []);
  }

  close(): void {
    nativeOf(this, "close").close();
  }

  static {
    nativeOf = (client, method) => {
      if (typeof client !== "object" || client === null || !(#native in client)) {
        throw new InvalidInputError(`${method} was called on something that is not a Passlock client`);
      }
      return client.#native;
    };
  }

  /** @internal */
  [CUSTOM](depth: number, options: InspectOptions, inspect: Inspect): string {
    return shown("Passlock", { tenancyId: this.tenancyId, endpoint: this.endpoint }, depth, options, inspect);
  }
}

/**
 * Gives a client its own methods, for use detached or behind a `Proxy`, where `this` is not the client.
 * Each looks itself up in the class when it is called, so that what a subclass or a test's spy has put there is used.
 */
function bindMethods(client: Passlock): void {
  for (let at = 0; at < METHODS.length; at++) {
    const name = METHODS[at] as (typeof METHODS)[number];
    const value = (...given: unknown[]) => apply(getPrototypeOf(client)[name], client, given);
    const descriptor = { __proto__: null, value, enumerable: false, writable: true, configurable: true };
    defineProperty(client, name, descriptor as PropertyDescriptor);
  }
}

/**
 * Makes a call. Throws for anything that is not a string, an update or an option; `changes` is present if the operation changes
 * anything. `wantsInfo` requests a report as well.
 */
function call(
  client: NativeClient,
  called: CallName,
  name: string,
  value: unknown,
  options: unknown,
  changes?: { update: unknown },
  wantsInfo = false,
): Promise<Finished> {
  // Errors don't name it as an operation.
  const operation = called === "warm_up" ? undefined : called;
  const argument = text(name, value, operation);
  const update = changes === undefined ? undefined : updateFields(changes.update, operation);
  const { settings, signal } = callSettings(options, operation);
  if (isObserved()) {
    return runObserved(client, called, (id) => client.beginObserved(id, called, argument, settings, update), signal);
  }
  if (wantsInfo) {
    return run((id) => client.beginWithInfo(id, called, argument, settings, update), signal);
  }
  return run((id) => client.begin(id, called, argument, settings, update), signal);
}

/** An object without a prototype, like those that `bare` makes, but an instance of a class: several times cheaper to fill. */
class Bare {
  [name: string]: unknown;
}
setPrototypeOf(Bare.prototype, null);

/** The record that a finished call returned, by field name. Throws the failure here, so that the stack shows the caller. */
function record<Record>(finished: Finished, names: (keyof Record & string)[]): Record {
  const failure = finished[1];
  if (failure !== null) {
    throw toError(failure);
  }
  const record = new Bare();
  for (let at = 0; at < names.length; at++) {
    record[names[at] as string] = finished[at + 2];
  }
  return record as Record;
}
