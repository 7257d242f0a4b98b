// What callers hand over, checked for its type alone. Whether a value makes sense is decided by the native half.

import { types } from "node:util";
import { ConfigError, type ErrorFields, InvalidInputError, type PasslockError } from "./errors.js";
import type { NativeCallSettings, NativeUpdate } from "./native.js";
import type { CallOptions, ExchangeOptions, PasslockOptions, UserUpdate } from "./options.js";

type Refuse = new (message: string, fields?: ErrorFields) => PasslockError;
type Kind = "string" | "boolean" | "number" | "strings" | "bytes";

const CLIENT: Record<keyof PasslockOptions | "fixedNow", Kind> = {
  tenancyId: "string",
  apiKey: "string",
  endpoint: "string",
  allowHttp: "boolean",
  timeout: "number",
  attemptTimeout: "number",
  connectTimeout: "number",
  maxRetries: "number",
  maxResponseBytes: "number",
  proxy: "string",
  caCertificates: "bytes",
  leeway: "number",
  verifyClaims: "boolean",
  issuer: "string",
  requireUserVerified: "boolean",
  authTypes: "strings",
  // For the vectors of the contract: a clock that stands still.
  fixedNow: "number",
};

const CALL: Record<Exclude<keyof CallOptions, "signal">, Kind> = { timeout: "number" };

const EXCHANGE: Record<Exclude<keyof ExchangeOptions, "signal">, Kind> = {
  timeout: "number",
  issuer: "string",
  requireUserVerified: "boolean",
  authTypes: "strings",
};

const UPDATE: Record<keyof UserUpdate, Kind> = {
  givenName: "string",
  familyName: "string",
  emailVerified: "boolean",
};

/** A client's settings with what the environment says. */
export function clientSettings(options: unknown, variables: string[]): object {
  const settings = checked(options ?? {}, CLIENT, ConfigError);
  const environment: Record<string, string> = {};
  for (const name of variables) {
    const value = process.env[name];
    if (value !== undefined) {
      environment[name] = value;
    }
  }
  return { ...settings, environment };
}

/** The settings of one call, if there are any, and the signal that ends it. */
export function callSettings(
  options: unknown,
  operation: NonNullable<ErrorFields["operation"]>,
): [NativeCallSettings | undefined, AbortSignal | undefined] {
  if (options === undefined || options === null) {
    return [undefined, undefined];
  }
  if (typeof options !== "object") {
    throw new InvalidInputError("options must be an object", { operation });
  }
  const { signal, ...others } = options as { signal?: unknown };
  if (signal !== undefined && signal !== null && !isSignal(signal)) {
    throw new InvalidInputError("signal must be an AbortSignal", { operation });
  }
  const known = operation === "exchange_token" ? EXCHANGE : CALL;
  const settings = checked(others, known, ConfigError, operation);
  return [Object.keys(settings).length > 0 ? settings : undefined, signal ?? undefined];
}

/** A token or a user's id. */
export function text(name: string, value: unknown, operation: NonNullable<ErrorFields["operation"]>): string {
  const complaint = mismatch(value, "string");
  if (complaint !== undefined) {
    throw new InvalidInputError(`${name} ${complaint}`, { operation });
  }
  return value as string;
}

/** What an update changes. */
export function updateFields(update: unknown): NativeUpdate {
  const operation = "update_user";
  if (typeof update !== "object" || update === null) {
    throw new InvalidInputError("the update must be an object", { operation });
  }
  const unknown = Object.keys(update).find((name) => !Object.hasOwn(UPDATE, name));
  // The native half says what is wrong with it.
  return unknown === undefined ? checked(update, UPDATE, InvalidInputError, operation) : { unknown };
}

/** The settings that were given, each of its kind. Undefined and null are not given. */
function checked(
  given: unknown,
  kinds: Record<string, Kind>,
  Refusal: Refuse,
  operation?: ErrorFields["operation"],
): Record<string, never> {
  if (typeof given !== "object" || given === null) {
    throw new Refusal("options must be an object", { operation });
  }
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      throw new Refusal(`${quoted(name)} is no setting: known are ${Object.keys(kinds).join(", ")}`, {
        operation,
      });
    }
    if (value !== undefined && value !== null) {
      const complaint = mismatch(value, kind);
      if (complaint !== undefined) {
        throw new Refusal(`${name} ${complaint}`, { operation });
      }
      settings[name] = kind === "bytes" ? bytes(value) : value;
    }
  }
  return settings as Record<string, never>;
}

/** What is wrong with a value, without the value: it may be a secret. */
function mismatch(value: unknown, kind: Kind): string | undefined {
  switch (kind) {
    case "string":
      if (typeof value !== "string") {
        return `must be a string, not ${typeName(value)}`;
      }
      // It would be sent as another string than the one that was meant.
      return value.isWellFormed() ? undefined : "holds a lone surrogate";
    case "strings":
      if (!Array.isArray(value)) {
        return `must be an array of strings, not ${typeName(value)}`;
      }
      for (const one of value) {
        const complaint = mismatch(one, "string");
        if (complaint !== undefined) {
          return `must be an array of strings; one of them ${complaint}`;
        }
      }
      return undefined;
    case "bytes":
      return typeof value === "string" || types.isUint8Array(value)
        ? undefined
        : `must be a string or a Uint8Array, not ${typeName(value)}`;
    default:
      return typeof value === kind ? undefined : `must be a ${kind}, not ${typeName(value)}`;
  }
}

function typeName(value: unknown): string {
  if (value === null) {
    return "null";
  }
  return Array.isArray(value) ? "an array" : typeof value;
}

function bytes(value: unknown): Buffer {
  return typeof value === "string" ? Buffer.from(value) : Buffer.from(value as Uint8Array);
}

/** A name that a caller chose, on one line and cut. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}

/** By its shape: a test runner's or another realm's is as good as ours. */
function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === "object" &&
    value !== null &&
    "aborted" in value &&
    typeof value.aborted === "boolean" &&
    "addEventListener" in value &&
    typeof value.addEventListener === "function" &&
    "removeEventListener" in value &&
    typeof value.removeEventListener === "function"
  );
}
