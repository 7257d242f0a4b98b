// passlock.

import { imported, KEY, readArguments, run, TENANCY, TOKEN } from "./measure.mjs";

const { Passlock } = await import("passlock");
imported();

const given = readArguments();
const client = new Passlock({ endpoint: given.endpoint, tenancyId: TENANCY, apiKey: KEY, caCertificates: given.ca });
await run(
  given,
  () => client.exchangeToken(TOKEN),
  () => client.warmUp(),
);
