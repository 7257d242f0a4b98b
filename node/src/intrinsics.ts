// What this package uses of the language and of Node, taken once, when the package loads. Fake timers, polyfills and
// instrumentation replace globals and methods of prototypes later on: no call in flight may depend on theirs.
//
// Everything else in `src` is syntax, which nobody can replace. Where a microtask is needed, that is `await`.

const { bind, call } = Function.prototype;

/** A method as a function whose first argument is its `this`. */
const uncurried = bind.bind(call) as unknown as <This, Arguments extends unknown[], Result>(
  method: (this: This, ...args: Arguments) => Result,
) => (self: This, ...args: Arguments) => Result;

export const { defineProperty, freeze, getPrototypeOf, hasOwn, keys, setPrototypeOf } = Object;
export const { apply } = Reflect;
export const { isArray } = Array;
export const { stringify } = JSON;
export const { iterator } = Symbol;

const OwnBuffer = Buffer;
const { from } = OwnBuffer;
export const toBuffer = (bytes: string | Uint8Array): Buffer => apply(from, OwnBuffer, [bytes]);

/** Under their own names they would be looked up at each use. */
export const OwnDate = Date;
export const OwnPromise = Promise;
/** A realm that was made by hand has none. */
export const OwnDOMException: new (message: string, name: string) => Error =
  (globalThis as { DOMException?: typeof DOMException }).DOMException ??
  class extends Error {
    constructor(message: string, name: string) {
      super(message);
      defineProperty(this, "name", { __proto__: null, value: name } as object);
    }
  };
export const ownProcess = process;
export const ownGlobal: object = globalThis;

export const getTime = uncurried(Date.prototype.getTime);
/** The name of a typed array's type, of whatever realm it is; undefined for anything else. */
const typedArray = Object.getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const typedArrayName = uncurried(typedArray?.get as (this: unknown) => string | undefined);
export const isUint8Array = (value: unknown): value is Uint8Array => typedArrayName(value) === "Uint8Array";

export const isWellFormed = uncurried(String.prototype.isWellFormed);
export const slice = uncurried(String.prototype.slice);
export const includes = uncurried<readonly unknown[], [element: unknown], boolean>(Array.prototype.includes);
export const join = uncurried<readonly unknown[], [separator: string], string>(Array.prototype.join);

const LanguageMap = Map;
const mapGet = uncurried(Map.prototype.get);
const mapHas = uncurried(Map.prototype.has);
const mapSet = uncurried(Map.prototype.set);
const mapDelete = uncurried(Map.prototype.delete);
const mapForEach = uncurried(Map.prototype.forEach);
const mapSize = uncurried(Object.getOwnPropertyDescriptor(Map.prototype, "size")?.get as (this: object) => number);

/** A map of which no method can be replaced. */
export class OwnMap<K, V> {
  readonly #map = new LanguageMap<K, V>();

  get size(): number {
    return mapSize(this.#map);
  }

  get(key: K): V | undefined {
    return mapGet(this.#map, key);
  }

  has(key: K): boolean {
    return mapHas(this.#map, key);
  }

  set(key: K, value: V): void {
    mapSet(this.#map, key, value);
  }

  delete(key: K): boolean {
    return mapDelete(this.#map, key);
  }

  forEach(act: (value: V) => void): void {
    mapForEach(this.#map, act);
  }
}

const LanguageWeakMap = WeakMap;
const weakMapGet = uncurried(WeakMap.prototype.get);
const weakMapSet = uncurried(WeakMap.prototype.set);
const weakMapDelete = uncurried(WeakMap.prototype.delete);

/** Likewise, a weak one. */
export class OwnWeakMap<K extends object, V> {
  readonly #map = new LanguageWeakMap<K, V>();

  get(key: K): V | undefined {
    return weakMapGet(this.#map, key);
  }

  set(key: K, value: V): void {
    weakMapSet(this.#map, key, value);
  }

  delete(key: K): void {
    weakMapDelete(this.#map, key);
  }
}
