// Calls in flight: each is a number that the native half gives back with the outcome.

import { defineProperty, hasOwn, isArray, OwnDOMException, OwnMap, OwnPromise, OwnWeakMap } from "./intrinsics.js";
import { load } from "./load.js";
import type { Finished, NativeFailure } from "./native.js";

/** @internal */
export const native = load();

const waiting = new OwnMap<number, (finished: Finished) => void>();
let last = 0;

function settle(...finished: Finished): void {
  const id = finished[0];
  const waits = waiting.get(id);
  if (waits !== undefined) {
    waiting.delete(id);
    try {
      waits(finished);
    } catch (error) {
      // A signal's own doing. It is reported as nobody's, and takes no other call along.
      rejectUnhandled(error);
    }
  }
}

/** @internal */
export const bridge = new native.Bridge(settle);
// The native half holds it only while calls are in flight. Else this realm, such as a test file's, would never be freed.
defineProperty(bridge, "settle", { __proto__: null, value: settle } as object);

/**
 * Runs one call. `begin` hands it to the native half under a number.
 *
 * The promise is rejected with the signal's reason as soon as the signal is aborted; every other failure is a record.
 *
 * @internal
 */
export function run(begin: (id: number) => Finished | null, signal: AbortSignal | undefined): Promise<Finished> {
  return new OwnPromise((resolve, reject) => {
    if (signal?.aborted) {
      reject(reasonOf(signal));
      return;
    }
    const id = free();
    const finished = begun(begin, id);
    if (finished !== null) {
      if (signal === undefined) {
        resolve(finished);
      } else {
        settleLater(finished, signal, resolve, reject);
      }
      return;
    }
    if (signal === undefined) {
      waiting.set(id, resolve);
      return;
    }
    const abort = () => {
      waiting.delete(id);
      try {
        reject(reasonOf(signal));
      } catch (error) {
        // What a signal throws, when it is asked for its reason, is the reason.
        reject(error);
      }
      guarded(() => bridge.cancel(id));
    };
    try {
      listen(signal, id, abort);
    } catch (error) {
      guarded(() => bridge.cancel(id));
      throw error;
    }
    waiting.set(id, (finished) => {
      resolve(finished);
      unlisten(signal, id);
    });
  });
}

/**
 * Settles a call that ended in the turn that made it. What its caller does next, in this same turn, may be to abort: that
 * must not depend on how quick an answer is. An `await`, since test tools replace `queueMicrotask`.
 */
async function settleLater(
  finished: Finished,
  signal: AbortSignal,
  resolve: (finished: Finished) => void,
  reject: (error: unknown) => void,
): Promise<void> {
  await undefined;
  try {
    if (signal.aborted) {
      reject(reasonOf(signal));
    } else {
      resolve(finished);
    }
  } catch (error) {
    reject(error);
  }
}

/** Why a signal is aborted. Polyfills from before there were reasons have none. */
function reasonOf(signal: AbortSignal): unknown {
  const { reason } = signal;
  return reason === undefined ? new OwnDOMException("This operation was aborted", "AbortError") : reason;
}

/** As if nobody handled a promise's rejection. */
async function rejectUnhandled(error: unknown): Promise<void> {
  throw error;
}

/** What is to happen when a signal is aborted, for all calls in flight that share it: of more than ten listeners, Node warns. */
interface Listening {
  aborts: OwnMap<number, () => void>;
  listener: () => void;
}

const listening = new OwnWeakMap<AbortSignal, Listening>();

function listen(signal: AbortSignal, id: number, abort: () => void): void {
  const known = listening.get(signal);
  if (known !== undefined) {
    known.aborts.set(id, abort);
    return;
  }
  const aborts = new OwnMap<number, () => void>();
  aborts.set(id, abort);
  const listener = () => {
    listening.delete(signal);
    aborts.forEach((abort) => {
      abort();
    });
  };
  signal.addEventListener("abort", listener, { __proto__: null, once: true } as { once: true });
  listening.set(signal, { aborts, listener });
}

function unlisten(signal: AbortSignal, id: number): void {
  const known = listening.get(signal);
  if (known?.aborts.delete(id) && known.aborts.size === 0) {
    listening.delete(signal);
    signal.removeEventListener("abort", known.listener);
  }
}

function begun(begin: (id: number) => Finished | null, id: number): Finished | null {
  const begun = guarded(() => begin(id));
  return begun === null || isArray(begun) ? (begun as Finished | null) : [id, begun as NativeFailure];
}

/**
 * What the native half returns. It throws only when it has panicked, and nobody has checked a panic's text for secrets.
 *
 * @internal
 */
export function guarded<T>(ask: () => T): T | NativeFailure {
  try {
    return ask();
  } catch {
    return native.internalError();
  }
}

/** Whether that is a failure. @internal */
export function isFailure<T extends object>(answer: T | NativeFailure): answer is NativeFailure {
  return hasOwn(answer, "kind");
}

/** A number that no call in flight has. */
function free(): number {
  do {
    last = (last + 1) >>> 0;
  } while (waiting.has(last));
  return last;
}
