// undici's request, on an agent of its own.

import { HEADERS, imported, readArguments, run, TIMEOUT } from "./measure.mjs";

const { Agent, request } = await import("undici");
imported();

const { Principal, checked } = await import("./principal.mjs");

const given = readArguments();
const dispatcher = new Agent({ connect: { ca: given.ca }, headersTimeout: TIMEOUT, bodyTimeout: TIMEOUT });
await run(given, async () => {
  const { statusCode, body } = await request(given.url, { dispatcher, headers: HEADERS });
  checked(statusCode);
  return new Principal(await body.json());
});
