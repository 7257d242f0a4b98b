import { Passlock, PasslockError } from "passlock";

/** One for all requests: each route is a bundle of its own, and all of them share the process. */
export function passlock() {
  globalThis.passlock ??= new Passlock({ timeout: 10_000 });
  return globalThis.passlock;
}

/** What the browser is told when a call fails. */
export function guarded(route) {
  return async (request) => {
    try {
      return await route(request);
    } catch (error) {
      if (!(error instanceof PasslockError)) throw error;
      // The log gets the whole error, which never contains a token or the key; the browser learns what it can do.
      console.warn(`${error.code}: ${error.message}`);
      const status = error.suggestedStatus;
      const wait = String(Math.ceil((error.retryAfter ?? 5000) / 1000));
      return Response.json({ error: error.code }, { status, headers: status === 503 ? { "Retry-After": wait } : {} });
    }
  };
}

/** The fields that the page knows. */
export function shown({ sub, email, givenName, familyName }) {
  return Response.json({ sub, email, givenName, familyName });
}

/** The JSON body of a request; an empty object if there is none. */
export async function bodyOf(request) {
  return (await request.json().catch(() => null)) ?? {};
}
