// Settings and arguments, as the native half wants them. Whether a value makes sense is decided there.

import { ConfigError, InvalidInputError, type OperationName } from "./errors.js";
import { freeze, join, keys, ownProcess } from "./intrinsics.js";
import { CALL, CLIENT, EXCHANGE, UPDATE } from "./options.js";
import { bare, checked, isOfOtherClass, objectOf, quoted, read, readAll, unknownName } from "./read.js";

/** The contract's vectors need a frozen clock. It is not documented for anybody else. */
const VECTORS = { fixedNow: "number" } as const;

/** A client's settings with what the environment says. */
export function clientSettings(options: unknown, variables: string[]): object {
  const refuse = (complaint: string) => new ConfigError(complaint);
  const given = objectOf("options", options ?? {}, refuse);
  refuseUnknown(given, CLIENT, VECTORS, refuse);
  const settings = readAll(given, CLIENT, refuse);
  refuseOtherClass(given, settings, CLIENT, refuse);
  const environment = bare<Record<string, string>>();
  for (let at = 0; at < variables.length; at++) {
    const name = variables[at] as string;
    // `process.env` too inherits what `Object.prototype` is polluted with.
    const value = read(ownProcess.env, name);
    if (typeof value === "string") {
      environment[name] = value;
    }
  }
  return { __proto__: null, ...settings, ...readAll(given, VECTORS, refuse), environment };
}

/** What the options of one call say: its settings, and the signal that ends it. */
export interface OneCall {
  settings?: object | undefined;
  signal?: AbortSignal | undefined;
}

const NOTHING: OneCall = freeze(bare<OneCall>());

/** Reads the options of one call. */
export function callSettings(options: unknown, operation: OperationName | undefined): OneCall {
  if (options === undefined || options === null) {
    return NOTHING;
  }
  const refuse = (complaint: string) => new InvalidInputError(complaint, { operation });
  const refuseSetting = (complaint: string) => new ConfigError(complaint, { operation });
  const given = objectOf("options", options, refuse);
  if (isSignal(given)) {
    throw refuse("options must be an object: pass a signal as { signal }");
  }
  const signal = read(given, "signal");
  if (signal !== undefined && !isSignal(signal)) {
    throw refuse("signal must be an AbortSignal");
  }
  const kinds = operation === "exchange_token" ? EXCHANGE : CALL;
  refuseUnknown(given, kinds, { signal }, refuseSetting);
  const settings = readAll(given, kinds, refuseSetting);
  if (signal === undefined) {
    refuseOtherClass(given, settings, kinds, refuse);
  }
  return { __proto__: null, settings, signal } as OneCall;
}

/** A token or a user's id. */
export function text(name: string, value: unknown, operation: OperationName | undefined): string {
  const refuse = (complaint: string) => new InvalidInputError(`${name} ${complaint}`, { operation });
  return checked(value, "string", refuse) as string;
}

/** What an update changes. */
export function updateFields(update: unknown, operation: OperationName | undefined): object {
  const refuse = (complaint: string) => new InvalidInputError(complaint, { operation });
  const given = objectOf("the update", update, refuse);
  const unknown = unknownName(given, UPDATE);
  // The native half says what is wrong with it.
  return unknown === undefined ? readAll(given, UPDATE, refuse) : { __proto__: null, unknown };
}

/** Refuses a name that is neither a setting nor among the `more` that only some know of. */
function refuseUnknown(given: object, known: object, more: object, refuse: (complaint: string) => Error): void {
  const name = unknownName(given, { ...known, ...more });
  if (name !== undefined) {
    throw refuse(`unknown option ${quoted(name)}; expected one of ${join(keys(known), ", ")}`);
  }
}

/** Refuses what nothing was read of since it is something else, such as a map of options, or a promise of them. */
function refuseOtherClass(given: object, values: object, known: object, refuse: (complaint: string) => Error): void {
  if (keys(values).length === 0 && isOfOtherClass(given, known)) {
    throw refuse("options must be an object that has the options as its properties");
  }
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
