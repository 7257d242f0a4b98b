import type { InspectOptions } from "node:util";
import { InvalidInputError } from "./errors.js";
import { CUSTOM, type Inspect, shown } from "./inspect.js";
import { freeze, hasOwn, includes, join, keys, OwnDate } from "./intrinsics.js";
import { type Kind, objectOf, quoted, readAll, unknownName } from "./read.js";

/** How a user logged in. Values that this version does not know are kept as they are. */
export type AuthType = "passkey" | "email" | "apple" | "google" | (string & {});

/** The fields of a model. Times may also be strings, as `JSON.stringify` writes them. */
type Fields<Model, Optional extends keyof Model> = {
  readonly [Name in Exclude<keyof Model & string, Optional>]: Model[Name] extends Date ? Date | string : Model[Name];
} & { readonly [Name in Optional]?: Model[Name] | null };

/** The argument of {@link Principal.from}: every field; those that a principal may lack are optional. */
export type PrincipalFields = Fields<Omit<Principal, "toJSON">, "givenName" | "familyName" | "email" | "emailVerified">;
/** The argument of {@link User.from}: every field; those that a user may lack are optional. */
export type UserFields = Fields<User, "givenName" | "familyName" | "emailVerified">;

/** A model in the form of the native half: absent is null, times are milliseconds. */
type RecordOf<Model> = {
  [Name in keyof Model & string]: Model[Name] extends Date
    ? number
    : undefined extends Model[Name]
      ? Exclude<Model[Name], undefined> | null
      : Model[Name];
};

/** @internal */
export type PrincipalRecord = RecordOf<Omit<Principal, "toJSON">>;
/** @internal */
export type UserRecord = RecordOf<User>;

/** @internal */
export let makePrincipal: (record: PrincipalRecord) => Principal;
/** @internal */
export let makeUser: (record: UserRecord) => User;

/**
 * A user who has just logged in, as asserted by Passlock.
 *
 * `token` and `jti` are credentials. `console.log` and `util.inspect` don't show them; reading the fields returns them, and
 * `JSON.stringify` includes them. A copy, such as by spreading, `structuredClone` or a `Proxy`, lacks both, and comparisons
 * don't see them.
 */
export class Principal {
  /** Issuer: Passlock. */
  readonly iss: string;
  /** Audience: the tenancy id. */
  readonly aud: string;
  /** The user's id. */
  readonly sub: string;
  /** Issued at. */
  readonly iat: Date;
  /** Not valid before. */
  readonly nbf: Date;
  /** Expires at. */
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
  /** Whether the email address is verified; undefined if the API does not say. */
  readonly emailVerified: boolean | undefined;

  // Private, since only such fields are hidden from whatever may look at an object.
  readonly #jti: string;
  readonly #token: string;

  static {
    makePrincipal = (record) => new this(record);
  }

  /**
   * A principal with these fields, for use in tests: calls return real ones. It also accepts the parsed output of
   * `JSON.stringify` for a principal.
   *
   * @throws {InvalidInputError} for the first field that is missing, of the wrong type or unknown
   */
  static from(fields: PrincipalFields): Principal {
    return makePrincipal(
      recordOf<PrincipalRecord>("a principal", fields, PRINCIPAL, [
        "givenName",
        "familyName",
        "email",
        "emailVerified",
      ]),
    );
  }

  private constructor(record: PrincipalRecord) {
    this.iss = record.iss;
    this.aud = record.aud;
    this.sub = record.sub;
    this.iat = new OwnDate(record.iat);
    this.nbf = new OwnDate(record.nbf);
    this.exp = new OwnDate(record.exp);
    this.#jti = record.jti;
    this.#token = record.token;
    this.userVerified = record.userVerified;
    this.authType = record.authType;
    this.authId = record.authId;
    this.givenName = record.givenName ?? undefined;
    this.familyName = record.familyName ?? undefined;
    this.email = record.email ?? undefined;
    this.emailVerified = record.emailVerified ?? undefined;
    freeze(this);
  }

  // A copy that somebody else made lacks both. That is no reason to throw: whatever copies it may read all there is.

  /** The token's id: a secret. */
  get jti(): string {
    return #jti in this ? this.#jti : (undefined as unknown as string);
  }

  /** The token: a secret. */
  get token(): string {
    return #token in this ? this.#token : (undefined as unknown as string);
  }

  /** All fields, including `token` and `jti`. */
  toJSON(): object {
    const secrets = #token in this ? { jti: this.#jti, token: this.#token } : {};
    return { ...this, ...secrets };
  }

  /** @internal */
  [CUSTOM](depth: number, options: InspectOptions, inspect: Inspect): string {
    return shown("Principal", { ...this, jti: "[redacted]", token: "[redacted]" }, depth, options, inspect);
  }
}

/** A user, as the service returns it. */
export class User {
  /** The user's id. */
  readonly sub: string;
  /** Email address: the passkey's user name on the device, so it can't be changed. */
  readonly email: string;
  /** Given name. */
  readonly givenName: string | undefined;
  /** Family name. */
  readonly familyName: string | undefined;
  /** Whether the email address is verified; false if the API does not say. */
  readonly emailVerified: boolean;

  static {
    makeUser = (record) => new this(record);
  }

  /**
   * A user with these fields, for use in tests: calls return real ones.
   *
   * @throws {InvalidInputError} for the first field that is missing, of the wrong type or unknown
   */
  static from(fields: UserFields): User {
    return makeUser(recordOf<UserRecord>("a user", fields, USER, ["givenName", "familyName", "emailVerified"]));
  }

  private constructor(record: UserRecord) {
    this.sub = record.sub;
    this.email = record.email;
    this.givenName = record.givenName ?? undefined;
    this.familyName = record.familyName ?? undefined;
    this.emailVerified = record.emailVerified ?? false;
    freeze(this);
  }
}

const PRINCIPAL: Record<keyof PrincipalRecord, Kind> = {
  iss: "string",
  aud: "string",
  sub: "string",
  iat: "date",
  nbf: "date",
  exp: "date",
  jti: "string",
  token: "string",
  userVerified: "boolean",
  authType: "string",
  authId: "string",
  givenName: "string",
  familyName: "string",
  email: "string",
  emailVerified: "boolean",
};

const USER: Record<keyof UserRecord, Kind> = {
  sub: "string",
  email: "string",
  givenName: "string",
  familyName: "string",
  emailVerified: "boolean",
};

/** What a test passes, in the form that the native half would use. */
function recordOf<Record extends object>(
  what: string,
  given: unknown,
  kinds: { readonly [Name in keyof Record]: Kind },
  optional: readonly (keyof Record)[],
): Record {
  const refuse = (complaint: string) => new InvalidInputError(complaint);
  const fields = objectOf(what, given, refuse);
  const unknown = unknownName(fields, kinds);
  if (unknown !== undefined) {
    throw refuse(`unknown field ${quoted(unknown)}; expected one of ${join(keys(kinds), ", ")}`);
  }
  const record = readAll<Record>(fields, kinds, refuse);
  const names = keys(kinds);
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string;
    if (!hasOwn(record, name) && !includes(optional, name)) {
      throw refuse(`${name} is missing`);
    }
  }
  return record;
}
