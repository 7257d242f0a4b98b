// undici's Pool: its fastest form.

import { HEADERS, imported, POOL, readArguments, run, TIMEOUT } from "./measure.mjs";

const { Pool } = await import("undici");
imported();

const { Principal, checked } = await import("./principal.mjs");

const given = readArguments();
const limits = { connections: POOL, headersTimeout: TIMEOUT, bodyTimeout: TIMEOUT };
const pool = new Pool(given.endpoint, { connect: { ca: given.ca }, ...limits });
await run(given, async () => {
  const { statusCode, body } = await pool.request({ method: "GET", path: given.path, headers: HEADERS });
  checked(statusCode);
  return new Principal(await body.json());
});
await pool.close();
