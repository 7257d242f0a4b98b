// Calls in flight: each is a number that the native half gives back with the outcome.

import { type FinishedRecord, load, type NativeFailure } from "./native.js";

/** @internal */
export const native = load();

const waiting = new Map<number, (finished: FinishedRecord) => void>();
let last = 0;

/** @internal */
export const bridge = new native.Bridge((...finished) => {
  // None: the wake-up came to nothing.
  if (finished.length === 0) {
    return;
  }
  const settle = waiting.get(finished[0]);
  if (settle !== undefined) {
    waiting.delete(finished[0]);
    try {
      settle(finished);
    } catch (error) {
      // A signal's own doing. It goes where errors of listeners go, and takes no other call along.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
});

/**
 * Runs one call. `begin` hands it to the native half under a number.
 *
 * The promise is rejected with the signal's reason as soon as the signal is aborted; every other failure is a record.
 *
 * @internal
 */
export function run(
  begin: (id: number) => FinishedRecord | null,
  signal: AbortSignal | undefined,
): Promise<FinishedRecord> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const id = free();
    const finished = begun(begin, id);
    if (finished !== null) {
      if (signal === undefined) {
        resolve(finished);
      } else {
        // What the caller does next, in this same turn, may be to abort: that must not depend on how quick an answer is.
        const settle = () => (signal.aborted ? reject(signal.reason) : resolve(finished));
        queueMicrotask(() => orReject(settle, reject));
      }
      return;
    }
    if (signal === undefined) {
      waiting.set(id, resolve);
      return;
    }
    const abort = () => {
      waiting.delete(id);
      orReject(() => reject(signal.reason), reject);
      guarded(() => bridge.cancel(id));
    };
    try {
      listen(signal, abort);
    } catch (error) {
      guarded(() => bridge.cancel(id));
      throw error;
    }
    waiting.set(id, (finished) => {
      resolve(finished);
      unlisten(signal, abort);
    });
  });
}

/** What a signal throws, when it is asked for its state, is what its call is rejected with. */
function orReject(act: () => void, reject: (error: unknown) => void): void {
  try {
    act();
  } catch (error) {
    reject(error);
  }
}

/** What is to happen when a signal is aborted, for all calls in flight that share it: of more than ten listeners, Node warns. */
const listeners = new WeakMap<AbortSignal, { aborts: Set<() => void>; listener: () => void }>();

function listen(signal: AbortSignal, abort: () => void): void {
  const known = listeners.get(signal);
  if (known !== undefined) {
    known.aborts.add(abort);
    return;
  }
  const aborts = new Set([abort]);
  const listener = () => {
    listeners.delete(signal);
    for (const abort of aborts) {
      abort();
    }
  };
  signal.addEventListener("abort", listener, { once: true });
  listeners.set(signal, { aborts, listener });
}

function unlisten(signal: AbortSignal, abort: () => void): void {
  const known = listeners.get(signal);
  if (known?.aborts.delete(abort) && known.aborts.size === 0) {
    listeners.delete(signal);
    signal.removeEventListener("abort", known.listener);
  }
}

function begun(begin: (id: number) => FinishedRecord | null, id: number): FinishedRecord | null {
  const begun = guarded(() => begin(id));
  return begun !== null && "kind" in begun ? [id, begun] : begun;
}

/**
 * What the native half gives. It throws only when it has panicked, and nobody has checked a panic's text for secrets.
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

/** A number that no call in flight has. */
function free(): number {
  do {
    last = (last + 1) >>> 0;
  } while (waiting.has(last));
  return last;
}
