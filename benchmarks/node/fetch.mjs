// Node's own fetch. It has no setting for certificates: a run over TLS needs NODE_EXTRA_CA_CERTS.

import { HEADERS, imported, readArguments, run, TIMEOUT } from "./measure.mjs";

const { fetch } = globalThis;
imported();

const { Principal, checked } = await import("./principal.mjs");

const given = readArguments();
await run(given, async () => {
  const response = await fetch(given.url, { headers: HEADERS, signal: AbortSignal.timeout(TIMEOUT) });
  checked(response.status);
  return new Principal(await response.json());
});
