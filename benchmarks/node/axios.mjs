// axios, with keep-alive agents.

import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { HEADERS, imported, POOL, readArguments, run, TIMEOUT } from "./measure.mjs";

const { default: axios } = await import("axios");
imported();

const { Principal } = await import("./principal.mjs");

const given = readArguments();
const pool = { keepAlive: true, maxSockets: POOL };
const client = axios.create({
  headers: HEADERS,
  timeout: TIMEOUT,
  httpAgent: new HttpAgent(pool),
  httpsAgent: new HttpsAgent({ ...pool, ca: given.ca }),
});
// A status other than success is an error by default.
await run(given, async () => new Principal((await client.get(given.url)).data));
