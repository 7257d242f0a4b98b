// How callers' values are read: once, whatever object it is, checked only for its type, and copied.

import {
  defineProperty,
  getPrototypeOf,
  getTime,
  hasOwn,
  isArray,
  isUint8Array,
  isWellFormed,
  iterator,
  keys,
  OwnDate,
  slice,
  stringify,
  toBuffer,
} from "./intrinsics.js";

/** What a value must be. */
export type Kind = "string" | "boolean" | "number" | "strings" | "pairs" | "bytes" | "date";

/** An object without a prototype: what somebody adds to `Object.prototype` is no part of it. */
export function bare<T extends object>(): T {
  return { __proto__: null } as unknown as T;
}

/** A value as an object that names can be read of. */
export function objectOf(what: string, value: unknown, refuse: (complaint: string) => Error): object {
  if (typeof value !== "object" || value === null || isArray(value)) {
    throw refuse(`${what} must be an object`);
  }
  return value;
}

/**
 * What an object has under a name, its own, inherited or from a getter; undefined for null. Read once: the next time it
 * might be another value. What a polluted `Object.prototype` holds was given by nobody, and does not count.
 */
export function read(given: object, name: string | symbol): unknown {
  const value = (given as Record<string | symbol, unknown>)[name];
  return value === undefined || value === null || isPollution(given, name) ? undefined : value;
}

function isPollution(given: object, name: string | symbol): boolean {
  for (let holder: object | null = given; holder !== null; holder = getPrototypeOf(holder)) {
    if (hasOwn(holder, name)) {
      return holder !== given && isRoot(holder);
    }
  }
  return false;
}

/** Whether that is `Object.prototype`: every realm has one of its own, and nothing else looks like one. */
function isRoot(holder: object): boolean {
  return getPrototypeOf(holder) === null && hasOwn(holder, "hasOwnProperty");
}

/** Whether an object is of a class that has none of these names, such as a map or a promise. */
export function isOfOtherClass(given: object, known: object): boolean {
  const names = keys(known);
  let ofClass = false;
  for (let holder: object | null = given; holder !== null && !isRoot(holder); holder = getPrototypeOf(holder)) {
    for (let at = 0; at < names.length; at++) {
      if (hasOwn(holder, names[at] as string)) {
        return false;
      }
    }
    ofClass ||= hasOwn(holder, "constructor");
  }
  return ofClass;
}

/** The first name among an object's own that is not among these. */
export function unknownName(given: object, known: object): string | undefined {
  const names = keys(given);
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string;
    if (!hasOwn(known, name)) {
      return name;
    }
  }
  return undefined;
}

/** The values given under these names, each of its kind. `refuse` makes the error for one that is not. */
export function readAll<T extends object>(
  given: object,
  kinds: Readonly<Record<string, Kind>>,
  refuse: (complaint: string) => Error,
): T {
  const values = bare<Record<string, unknown>>();
  const names = keys(kinds);
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string;
    const value = read(given, name);
    if (value !== undefined) {
      values[name] = checked(value, kinds[name] as Kind, (complaint) => refuse(`${name} ${complaint}`));
    }
  }
  return values as T;
}

/** A value of its kind, copied where it could change. The complaint is without the value, which may be a secret. */
export function checked(value: unknown, kind: Kind, refuse: (complaint: string) => Error): unknown {
  switch (kind) {
    case "string":
      if (typeof value !== "string") {
        throw refuse(`must be a string, not ${typeName(value)}`);
      }
      // It would be sent as another string than the one that was meant.
      if (!isWellFormed(value)) {
        throw refuse("is not valid Unicode: it contains a lone surrogate");
      }
      return value;
    case "strings":
      if (!isArray(value)) {
        throw refuse(`must be an array of strings, not ${typeName(value)}`);
      }
      return copied(value, (complaint) => refuse(`must be an array of strings; one of them ${complaint}`));
    case "pairs":
      return pairs(value, refuse);
    case "bytes":
      if (typeof value !== "string" && !isUint8Array(value)) {
        throw refuse(`must be a string or a Uint8Array, not ${typeName(value)}`);
      }
      return toBuffer(value);
    case "date":
      return date(value, refuse);
    default:
      if (typeof value !== kind) {
        throw refuse(`must be a ${kind}, not ${typeName(value)}`);
      }
      return value;
  }
}

/** A proxy of an array is an array too, but not for the native half. */
function copied(strings: unknown[], refuse: (complaint: string) => Error): string[] {
  const copy: string[] = [];
  const { length } = strings;
  for (let at = 0; at < length; at++) {
    append(copy, checked(strings[at], "string", refuse) as string);
  }
  return copy;
}

/** The own properties of an object of strings, as one list: a name, its value, the next name. */
function pairs(value: unknown, refuse: (complaint: string) => Error): string[] {
  if (typeof value !== "object" || value === null || isArray(value)) {
    throw refuse(`must be an object of strings, not ${typeName(value)}`);
  }
  if (read(value, iterator) !== undefined) {
    // `Headers` and maps have no own properties: their entries would be left out.
    throw refuse("must be a plain object of strings: Object.fromEntries makes one");
  }
  const list: string[] = [];
  const names = keys(value);
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string;
    const refusePart = (what: string) => (complaint: string) =>
      refuse(`must be an object of strings; one of its ${what} ${complaint}`);
    append(list, checked(name, "string", refusePart("names")) as string);
    append(list, checked(read(value, name), "string", refusePart("values")) as string);
  }
  return list;
}

/** Like `push`, which somebody may have replaced. */
function append(list: string[], value: string): void {
  defineProperty(list, list.length, {
    __proto__: null,
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  } as object);
}

/** A `Date`, or how `JSON.stringify` writes one, in milliseconds. */
function date(value: unknown, refuse: (complaint: string) => Error): number {
  let time: number;
  try {
    // By what it is, and not by its class: each realm has another one.
    time = getTime((typeof value === "string" ? new OwnDate(value) : value) as Date);
  } catch {
    throw refuse(`must be a Date, not ${typeName(value)}`);
  }
  // biome-ignore lint/suspicious/noSelfCompare: NaN, without asking a global
  if (time !== time) {
    throw refuse("must be a valid Date");
  }
  return time;
}

function typeName(value: unknown): string {
  if (value === null) {
    return "null";
  }
  return isArray(value) ? "an array" : typeof value;
}

/** A name that a caller chose, on one line and cut. */
export function quoted(name: string): string {
  return stringify(slice(name, 0, 64));
}
