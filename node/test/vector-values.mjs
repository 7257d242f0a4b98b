// How vectors write values, and how they are compared.

import { inspect } from "node:util";

/** A value with its placeholders replaced. */
export function filled(value, known) {
  if (typeof value === "string") {
    const exp = /^\$\{exp([+-]\d+)?\}$/.exec(value);
    if (exp && known.exp !== undefined) return known.exp + Number(exp[1] ?? 0);
    return value.replace(/\$\{([a-z_]+)\}/g, (whole, name) => known[name] ?? whole);
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => filled(one, known));
  if (value.$concat) {
    const repeated = ([what, often]) => filled(what, known).repeat(often);
    return value.$concat.map((part) => (Array.isArray(part) ? repeated(part) : filled(part, known))).join("");
  }
  if ("$json" in value) return JSON.stringify(filled(value.$json, known));
  if (value.$utf16) return String.fromCharCode(...value.$utf16);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one, known)]));
}

/** Where two values differ, or undefined. */
export function difference(expected, actual, path = "") {
  const differs = `${path || "."}: expected ${inspect(expected)}, got ${inspect(actual)}`;
  if (expected === "${any}") return typeof actual === "string" && actual !== "" ? undefined : differs;
  if (typeof expected === "number" && typeof actual === "number") {
    return Math.abs(expected - actual) < 0.0005 ? undefined : differs;
  }
  if (typeof expected !== "object" || expected === null) return expected === actual ? undefined : differs;
  if ("$at_least" in expected) return actual >= expected.$at_least ? undefined : differs;
  if (typeof actual !== "object" || actual === null) return differs;
  if (Array.isArray(expected) !== Array.isArray(actual)) return differs;
  for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    if (!Object.hasOwn(expected, name) || !Object.hasOwn(actual, name)) return `.${name} is of one side: ${differs}`;
    const found = difference(expected[name], actual[name], `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const DURATIONS = ["timeout", "attempt_timeout", "connect_timeout", "idle_timeout", "leeway"];

/** Names and durations as this language has them. */
export function camel(given) {
  if (typeof given !== "object" || given === null) return given;
  const named = Object.entries(given).map(([name, value]) => {
    const number = ["NaN", "Infinity", "-Infinity"].includes(value) ? Number(value) : value;
    const duration = DURATIONS.includes(name) && typeof number === "number";
    return [name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()), duration ? number * 1000 : value];
  });
  return Object.fromEntries(named);
}

/** A principal or a user, as vectors write it. */
export function plain(model) {
  const value = (of) => (of instanceof Date ? of.getTime() / 1000 : (of ?? null));
  const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(model).map(([name, of]) => [snake(name), value(of)]));
}
