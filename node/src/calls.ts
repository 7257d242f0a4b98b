// Calls in flight: each is a number that the native half gives back with the outcome.

import { type FinishedRecord, load, type NativeFailure } from "./native.js";

/** @internal */
export const native = load();

const waiting = new Map<number, (finished: FinishedRecord) => void>();
let last = 0;

/** @internal */
export const bridge = new native.Bridge((...finished) => {
  // None: the summons came to nothing.
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
        queueMicrotask(() => (signal.aborted ? reject(signal.reason) : resolve(finished)));
      }
      return;
    }
    if (signal === undefined) {
      waiting.set(id, resolve);
      return;
    }
    const abort = () => {
      waiting.delete(id);
      bridge.cancel(id);
      reject(signal.reason);
    };
    listen(signal, abort);
    waiting.set(id, (finished) => {
      resolve(finished);
      unlisten(signal, abort);
    });
  });
}

/** What is to happen when a signal is aborted, for all calls in flight that share it. */
const aborts = new WeakMap<AbortSignal, Set<() => void>>();

/** One listener does for all calls of a signal: of more than ten, Node warns. */
function listen(signal: AbortSignal, abort: () => void): void {
  const others = aborts.get(signal);
  if (others !== undefined) {
    others.add(abort);
    return;
  }
  aborts.set(signal, new Set([abort]));
  signal.addEventListener("abort", abortAll);
}

function unlisten(signal: AbortSignal, abort: () => void): void {
  const all = aborts.get(signal);
  if (all?.delete(abort) && all.size === 0) {
    aborts.delete(signal);
    signal.removeEventListener("abort", abortAll);
  }
}

function abortAll(this: AbortSignal): void {
  const all = aborts.get(this) ?? [];
  aborts.delete(this);
  this.removeEventListener("abort", abortAll);
  for (const abort of all) {
    abort();
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
    return native.panicked();
  }
}

/** A number that no call in flight has. */
function free(): number {
  do {
    last = (last + 1) >>> 0;
  } while (waiting.has(last));
  return last;
}
