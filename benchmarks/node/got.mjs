// got, with keep-alive agents and without retries: none is needed here.

import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { HEADERS, imported, POOL, readArguments, run, TIMEOUT } from "./measure.mjs";

const { default: got } = await import("got");
imported();

const { Principal } = await import("./principal.mjs");

const given = readArguments();
const pool = { keepAlive: true, maxSockets: POOL };
const client = got.extend({
  headers: HEADERS,
  timeout: { request: TIMEOUT },
  retry: { limit: 0 },
  agent: { http: new HttpAgent(pool), https: new HttpsAgent(pool) },
  https: { certificateAuthority: given.ca },
});
// A status other than success is an error by default.
await run(given, async () => new Principal(await client.get(given.url).json()));
