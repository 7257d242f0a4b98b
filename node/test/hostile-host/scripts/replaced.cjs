// The package at work after everything of the language, and every global, has been replaced by what throws.

const passlock = require("passlock");
const work = require("./work.cjs");

const [, , sub, token] = process.argv;
const { exit } = process;
const Failure = TypeError;
const { log, error: complain } = console;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { ownKeys } = Reflect;
const { hasInstance } = Symbol;
const arrayIterator = [][Symbol.iterator];
const touched = [];
const replaced = [];

/** What is to be put in the place of a function. */
function thrower(label) {
  return () => {
    touched[touched.length] = label;
    throw new Failure(`${label} was replaced`);
  };
}

/** Replaces all functions of an object. */
function replace(holder, name) {
  const keys = ownKeys(holder);
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at];
    const label = `${name}.${typeof key === "string" ? key : "a symbol"}`;
    const { get, set, value, configurable, enumerable } = getOwnPropertyDescriptor(holder, key);
    // `instanceof` and `await` look at these two; the third is asked by the engine, where a class has no constructor of its own.
    if (!configurable || key === "constructor" || key === hasInstance || value === arrayIterator) continue;
    if (typeof (get ?? value) !== "function") continue;
    replaced[replaced.length] = {
      holder,
      key,
      descriptor: { __proto__: null, get, set, value, configurable, enumerable },
    };
    const by = get ? { get: thrower(label) } : { value: thrower(label), writable: true };
    defineProperty(holder, key, { __proto__: null, ...by, configurable: true, enumerable });
  }
}

const iterators = [new Map().entries(), new Set().values(), ""[Symbol.iterator]()];
const holders = [JSON, Math, Reflect, Atomics, ...iterators.map((iterator) => getPrototypeOf(iterator))];
const types = [Array, String, Number, Boolean, Date, Map, Set, WeakMap, WeakSet, Promise, RegExp, Symbol, Uint8Array];
for (const type of types) holders.push(type, type.prototype);
holders.push(BigInt, Buffer, getPrototypeOf(Uint8Array), getPrototypeOf(Uint8Array.prototype), Error.prototype);
holders.push(require("node:util"), require("node:util").types, require("node:timers"), Function.prototype, Object);
const names = holders.map((holder) => holder.name ?? holder[Symbol.toStringTag] ?? "something");
// In this order: the functions that are used here come last.
for (let at = 0; at < holders.length; at++) replace(holders[at], names[at]);
replace(Object.prototype, "Object.prototype");
replace(globalThis, "globalThis");

(async () => {
  let failure;
  try {
    await work(passlock, sub, token);
  } catch (error) {
    failure = error;
  }
  for (let at = replaced.length - 1; at >= 0; at--) {
    const { holder, key, descriptor } = replaced[at];
    const { get, set, value, ...flags } = descriptor;
    defineProperty(holder, key, get ? { get, set, ...flags } : { value, writable: true, ...flags });
  }
  if (failure !== undefined || touched.length > 0) {
    complain(failure, touched);
    exit(1);
  }
  log("all of it holds");
})();
