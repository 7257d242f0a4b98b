import type { InspectOptions } from "node:util";
import { bridge, guarded, native, run } from "./calls.js";
import { toError } from "./errors.js";
import { CUSTOM, type Inspect, shown } from "./inspect.js";
import { Principal, User } from "./models.js";
import type { FailedRecord, FinishedRecord, NativeClient, PrincipalRecord, UserRecord } from "./native.js";
import type { CallOptions, ExchangeOptions, PasslockOptions, UserUpdate } from "./options.js";
import { callSettings, clientSettings, text, updateFields } from "./settings.js";

/** The API's documented endpoint. */
export const DEFAULT_ENDPOINT = "https://api.passlock.dev";
/** Where tenancies of Passlock's version 1 are served since November 2025. */
export const V1_ENDPOINT = "https://api.v1.passlock.dev";

/**
 * A client for the Passlock REST API. One is enough for a whole program: it keeps its connections, and calls may overlap.
 *
 * Calls never throw: they give promises that are rejected with a {@link PasslockError}, or with the reason of a signal.
 *
 * ```js
 * const passlock = new Passlock({ tenancyId: "my-tenancy", apiKey: process.env.PASSLOCK_API_KEY });
 * const principal = await passlock.exchangeToken(tokenFromTheBrowser);
 * console.log(`${principal.sub} has logged in`);
 * ```
 */
export class Passlock {
  readonly #native: NativeClient;

  /**
   * @param options settings; what is not set comes from the environment (`PASSLOCK_TENANCY_ID`, `PASSLOCK_API_KEY`,
   *   `PASSLOCK_ENDPOINT`)
   * @throws {ConfigError} for the first setting that is missing or wrong, naming it
   */
  constructor(options?: PasslockOptions) {
    const settings = clientSettings(options, native.variables());
    const opened = guarded(() => native.Client.open(bridge, settings));
    if ("kind" in opened) {
      throw toError(opened);
    }
    this.#native = opened;
  }

  /** The tenancy id in use. */
  get tenancyId(): string {
    return this.#native.tenancyId;
  }

  /** The endpoint in use. */
  get endpoint(): string {
    return this.#native.endpoint;
  }

  /**
   * Exchanges the token that a browser sent for the principal it stands for.
   *
   * Rejected with {@link NotFoundError} for a token that is unknown or expired, {@link ClaimsError} for one that is not for
   * this tenancy or not valid now, and the other errors as their docs say.
   */
  async exchangeToken(token: string, options?: ExchangeOptions): Promise<Principal> {
    const checked = text("token", token, "exchange_token");
    const [settings, signal] = callSettings(options, "exchange_token");
    const finished = await run((id) => this.#native.exchangeToken(id, checked, settings), signal);
    if (isFailed(finished)) {
      throw toError(finished[1]);
    }
    return new Principal(finished as PrincipalRecord);
  }

  /**
   * Reads a user by its id.
   *
   * Rejected with {@link NotFoundError} for an unknown user, and the other errors as their docs say.
   */
  async getUser(sub: string, options?: CallOptions): Promise<User> {
    const checked = text("sub", sub, "get_user");
    const [settings, signal] = callSettings(options, "get_user");
    const finished = await run((id) => this.#native.getUser(id, checked, settings), signal);
    if (isFailed(finished)) {
      throw toError(finished[1]);
    }
    return new User(finished as UserRecord);
  }

  /**
   * Changes a user, and gives the user as it stands then.
   *
   * Rejected with {@link NotFoundError} for an unknown user, {@link InvalidInputError} for an update without a field or with
   * an unknown one, and the other errors as their docs say. An error's `applied` tells whether the change was made although
   * the call failed.
   */
  async updateUser(sub: string, update: UserUpdate, options?: CallOptions): Promise<User> {
    const checked = text("sub", sub, "update_user");
    const fields = updateFields(update);
    const [settings, signal] = callSettings(options, "update_user");
    const finished = await run((id) => this.#native.updateUser(id, checked, fields, settings), signal);
    if (isFailed(finished)) {
      throw toError(finished[1]);
    }
    return new User(finished as UserRecord);
  }

  /**
   * Closes the client at once: calls in flight finish, idle connections close, later calls are rejected with a
   * {@link ConfigError}. Closing again does nothing. A client that is not used any more need not be closed.
   */
  close(): void {
    this.#native.close();
  }

  /** @internal */
  [CUSTOM](depth: number, options: InspectOptions, inspect: Inspect): string {
    return shown("Passlock", { tenancyId: this.tenancyId, endpoint: this.endpoint }, depth, options, inspect);
  }
}

function isFailed(finished: FinishedRecord): finished is FailedRecord {
  return finished.length === 2;
}
