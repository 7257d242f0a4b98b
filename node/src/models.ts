import type { InspectOptions } from "node:util";
import { CUSTOM, type Inspect, shown } from "./inspect.js";
import type { PrincipalRecord, UserRecord } from "./native.js";

/** How a user logged in. Values that this version does not know are kept as they are. */
export type AuthType = "passkey" | "email" | "apple" | "google" | (string & {});

/**
 * A user who has just logged in, as Passlock vouches for it.
 *
 * `token` and `jti` are credentials. `console.log` and `util.inspect` don't show them, spreading and `structuredClone`
 * don't copy them; reading the fields gives them, and so does `JSON.stringify`.
 */
export class Principal {
  /** Who vouches: Passlock. */
  readonly iss: string;
  /** For whom: the tenancy id. */
  readonly aud: string;
  /** The user's id. */
  readonly sub: string;
  /** When the token was issued. */
  readonly iat: Date;
  /** From when on the token is valid. */
  readonly nbf: Date;
  /** When the token ends to be valid. */
  readonly exp: Date;
  /** Whether the authenticator verified the user, by biometrics or a PIN. */
  readonly userVerified: boolean;
  /** How the user logged in. */
  readonly authType: AuthType;
  /** The authenticator's id. */
  readonly authId: string;
  /** Given name. */
  readonly givenName: string | undefined;
  /** Family name. */
  readonly familyName: string | undefined;
  /** Email address. */
  readonly email: string | undefined;
  /** Whether the user has shown to own the email address; undefined where the API does not say. */
  readonly emailVerified: boolean | undefined;

  // Private, since only such fields are hidden from whatever may look at an object.
  readonly #jti: string;
  readonly #token: string;

  /** @internal */
  constructor(record: PrincipalRecord) {
    this.iss = record[1];
    this.aud = record[2];
    this.sub = record[3];
    this.iat = new Date(record[4]);
    this.nbf = new Date(record[5]);
    this.exp = new Date(record[6]);
    this.#jti = record[7];
    this.#token = record[8];
    this.userVerified = record[9];
    this.authType = record[10];
    this.authId = record[11];
    this.givenName = record[12] ?? undefined;
    this.familyName = record[13] ?? undefined;
    this.email = record[14] ?? undefined;
    this.emailVerified = record[15] ?? undefined;
    Object.freeze(this);
  }

  /** The token's id: a secret. */
  get jti(): string {
    return this.#jti;
  }

  /** The token: a secret. */
  get token(): string {
    return this.#token;
  }

  /** All fields, `token` and `jti` too. */
  toJSON(): object {
    return { ...this, jti: this.#jti, token: this.#token };
  }

  /** @internal */
  [CUSTOM](depth: number, options: InspectOptions, inspect: Inspect): string {
    return shown("Principal", { ...this, jti: "[redacted]", token: "[redacted]" }, depth, options, inspect);
  }
}

/** A user as the service knows it. */
export class User {
  /** The user's id. */
  readonly sub: string;
  /** Email address: the passkey's user name on the device, so it can't be changed. */
  readonly email: string;
  /** Given name. */
  readonly givenName: string | undefined;
  /** Family name. */
  readonly familyName: string | undefined;
  /** Whether the user has shown to own the email address; false where the API does not say. */
  readonly emailVerified: boolean;

  /** @internal */
  constructor(record: UserRecord) {
    this.sub = record[1];
    this.email = record[2];
    this.givenName = record[3] ?? undefined;
    this.familyName = record[4] ?? undefined;
    this.emailVerified = record[5];
    Object.freeze(this);
  }
}
