// What the native half offers. `bindings/napi` is its source, `load.ts` finds it.

/** Why a call failed, as the native half says it. Absent is null, `retryAfter` is seconds. */
export interface NativeFailure {
  kind: string;
  message: string;
  operation?: string | null;
  status?: number | null;
  tag?: string | null;
  detail?: string | null;
  requestId?: string | null;
  retryAfter?: number | null;
  attempts: number;
  retryable: boolean;
  limit?: string | null;
  claim?: string | null;
  hint?: string | null;
  applied: boolean;
  cause?: string | null;
}

/** A user. Absent is null. */
export interface UserRecord {
  sub: string;
  email: string;
  givenName: string | null;
  familyName: string | null;
  emailVerified: boolean;
}

/** A principal. Absent is null, times are milliseconds. */
export interface PrincipalRecord {
  iss: string;
  aud: string;
  sub: string;
  iat: number;
  nbf: number;
  exp: number;
  jti: string;
  token: string;
  userVerified: boolean;
  authType: string;
  authId: string;
  givenName: string | null;
  familyName: string | null;
  email: string | null;
  emailVerified: boolean | null;
}

/** A finished call: its number, and a failure or else the values of its record. `fields` says which value is whose. */
export type Finished = readonly [id: number, failure: NativeFailure | null, ...values: unknown[]];

/** The names of a record's values, in their order: the only list there is of it. */
export interface NativeFields {
  principal: (keyof PrincipalRecord)[];
  user: (keyof UserRecord)[];
}

/** The settings of one call that differ from the client's; times in milliseconds. */
export interface NativeCallSettings {
  timeout?: number;
  issuer?: string;
  requireUserVerified?: boolean;
  authTypes?: string[];
}

/** What an update changes; `unknown` is the name of an unknown field. */
export interface NativeUpdate {
  givenName?: string;
  familyName?: string;
  emailVerified?: boolean;
  unknown?: string;
}

/** A client. Each operation gives the finished call where nothing has to be waited for. */
export interface NativeClient {
  readonly tenancyId: string;
  readonly endpoint: string;
  exchangeToken(id: number, token: string, settings?: NativeCallSettings): Finished | null;
  getUser(id: number, sub: string, settings?: NativeCallSettings): Finished | null;
  updateUser(id: number, sub: string, update: NativeUpdate, settings?: NativeCallSettings): Finished | null;
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
  /** What a caller meets instead of an exception of the native half, which would be a panic. */
  internalError(): NativeFailure;
  /** The variables of the environment that settings may come from. */
  variables(): string[];
  version(): string;
}
