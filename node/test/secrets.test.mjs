import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Passlock } from "passlock";
import { execute, KEY, rejection, setUp } from "./support.mjs";

const TOKEN = "token-canary/0123456789?x";

/** All forms in which a secret could show. */
const FORMS = [KEY, TOKEN, "canary"].flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
]);

function assertClean(shown, what) {
  for (const form of FORMS) {
    assert.ok(!shown.includes(form), `${what} shows ${form}: ${shown}`);
  }
}

const echo = (status) => ({
  kind: "status",
  status,
  headers: { "x-request-id": TOKEN },
  body: JSON.stringify({ _tag: KEY, message: `${KEY} ${encodeURIComponent(TOKEN)}`, detail: TOKEN }),
});

test("no error of any kind shows a secret, not even one that the server sends back", async (context) => {
  const { emulator, passlock } = await setUp(context, { timeout: 300 });
  const faults = [
    ...[200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503].map(echo),
    { kind: "hang" },
    { kind: "reset" },
    { kind: "truncate" },
    { kind: "garbage", bytesBase64: Buffer.from(`${KEY} ${TOKEN}\r\n\r\n`).toString("base64") },
    { kind: "redirect", location: `http://elsewhere.test/${TOKEN}` },
  ];
  for (const fault of faults) {
    await emulator.reset();
    await emulator.fault(fault);
    const error = await rejection(passlock.exchangeToken(TOKEN));
    const shown = [error.message, error.stack, inspect(error, { depth: 9, showHidden: true })];
    shown.push(JSON.stringify(error), String(error.cause), JSON.stringify({ ...error }));
    assertClean(shown.join("\n"), inspect(fault));
  }
  const unreachable = new Passlock({
    ...emulator.settings,
    endpoint: "http://127.0.0.1:1",
    proxy: "http://user:canary-password@127.0.0.1:1",
    maxRetries: 0,
  });
  const error = await rejection(unreachable.exchangeToken(TOKEN));
  assertClean(inspect(error, { showHidden: true }), "a refused connection");
  assertClean(inspect(unreachable, { showHidden: true, customInspect: false }), "a client");
});

test("a rejection that nobody handles shows none on stderr", async (context) => {
  const { emulator } = await setUp(context);
  const script = `
    const { Passlock } = require("passlock");
    new Passlock().exchangeToken(${JSON.stringify(TOKEN)});`;
  const { PATH, HOME } = process.env;
  const env = {
    PATH,
    HOME,
    PASSLOCK_TENANCY_ID: emulator.tenancyId,
    PASSLOCK_API_KEY: KEY,
    PASSLOCK_ENDPOINT: emulator.endpoint,
    RUST_LOG: "trace",
    RUST_BACKTRACE: "1",
  };
  const run = await execute(process.execPath, ["-e", script], { env });
  assert.equal(run.status, 1);
  assert.match(run.stderr, /NotFoundError: /);
  // The script itself is shown by Node, so the secrets are looked for in what is not it.
  assertClean(run.stderr.replaceAll(script, "").replaceAll(script.trim().split("\n").at(-1).trim(), ""), "stderr");
  assert.equal(run.stdout, "");
});
