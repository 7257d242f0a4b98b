// What a call says of itself beside its value, and the connection that is opened ahead of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { ConfigError, Passlock, PasslockConnectionError, Principal, User } from "passlock";
import { issue, rejection, setUp } from "./support.mjs";

test("a call with info returns its value and how it went", async (context) => {
  const { emulator, passlock } = await setUp(context, { maxRetries: 1 });
  const { sub, token } = await issue(emulator);
  await emulator.fault({ kind: "status", status: 503, headers: { "x-request-id": "req-1" } });
  const exchanged = await passlock.exchangeTokenWithInfo(token);
  assert.ok(exchanged.value instanceof Principal);
  assert.equal(exchanged.value.sub, sub);
  assert.deepEqual([exchanged.info.attempts, exchanged.info.status], [2, 200]);
  assert.match(exchanged.info.requestId, /./);
  assert.notEqual(exchanged.info.requestId, "req-1");
  assert.ok(exchanged.info.elapsed > 0 && exchanged.info.elapsed < 30_000, inspect(exchanged.info));
  assert.ok(Object.isFrozen(exchanged) && Object.isFrozen(exchanged.info));
  assert.ok(!inspect(exchanged, { depth: 9 }).includes(token));

  const read = await passlock.getUserWithInfo(sub);
  assert.ok(read.value instanceof User);
  assert.deepEqual([read.value.sub, read.info.attempts, read.info.status], [sub, 1, 200]);
  const updated = await passlock.updateUserWithInfo(sub, { givenName: "Grace" });
  assert.deepEqual([updated.value.givenName, updated.info.status], ["Grace", 200]);
});

test("what is not known of a call is undefined, whatever a prototype says", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const body = JSON.stringify({ user: { sub: "u", email: "ada@example.com" } });
  // As it is on the wire: what the emulator makes itself has an id.
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  await emulator.fault({ kind: "garbage", bytesBase64: Buffer.from(head + body).toString("base64") });
  Object.prototype.requestId = "polluted";
  context.after(() => delete Object.prototype.requestId);
  const { info } = await passlock.getUserWithInfo("u");
  assert.deepEqual(Object.keys(info), ["attempts", "status", "requestId", "elapsed"]);
  assert.equal(info.requestId, undefined);
});

test("a call with info fails as any other, and can be aborted", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const error = await rejection(passlock.getUserWithInfo("nobody"));
  assert.deepEqual([error.code, error.status, error.attempts], ["not_found", 404, 1]);
  assert.equal((await rejection(passlock.exchangeTokenWithInfo(""))).code, "invalid_input");
  assert.equal((await rejection(passlock.exchangeTokenWithInfo(7))).code, "invalid_input");
  const refused = await rejection(passlock.updateUserWithInfo("u", { email: "eve@example.com" }));
  assert.match(refused.message, /^`email` can't be changed/);
  await emulator.fault({ kind: "hang" });
  const controller = new AbortController();
  const calling = passlock.getUserWithInfo("u", { signal: controller.signal });
  controller.abort("reason");
  assert.equal(await rejection(calling), "reason");
});

test("warming up opens the connection that the first call uses", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  assert.equal(await passlock.warmUp(), undefined);
  await passlock.getUser(sub);
  const [opening, reading] = await emulator.journal();
  assert.equal(opening.path, "/tenancy-1/connection/pre-connect");
  assert.equal(opening.headers.authorization, undefined);
  assert.equal(reading.connection, opening.connection);
});

test("warming up is refused, limited and aborted as a call is", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const nobody = new Passlock({ ...emulator.settings, endpoint: "http://127.0.0.1:1" });
  const error = await rejection(nobody.warmUp({ maxRetries: 1 }));
  assert.ok(error instanceof PasslockConnectionError, inspect(error));
  assert.deepEqual([error.attempts, error.operation, error.retryable], [2, undefined, true]);
  assert.ok((await rejection(passlock.warmUp({ issuer: "x" }))) instanceof ConfigError);
  assert.equal(await rejection(passlock.warmUp({ signal: AbortSignal.abort("reason") })), "reason");
  passlock.close();
  assert.equal((await rejection(passlock.warmUp())).message, "client is closed");
});

test("an application's name and headers are sent with every request, and shown by nothing", async (context) => {
  const headers = { "x-gateway-key": "gateway-canary-0123456789", __proto__: { "x-inherited": "no" } };
  const { emulator, passlock } = await setUp(context, { appInfo: "my-app/1.2", headers });
  headers["x-gateway-key"] = "changed later";
  const { sub } = await issue(emulator);
  await passlock.warmUp();
  await passlock.getUser(sub);
  for (const request of await emulator.journal()) {
    assert.match(request.headers["user-agent"], /^passlock-node\/\S+ my-app\/1\.2$/);
    assert.equal(request.headers["x-gateway-key"], "gateway-canary-0123456789");
    assert.equal(request.headers["x-inherited"], undefined);
  }
  const shown = [inspect(passlock, { showHidden: true, depth: 9, customInspect: false }), JSON.stringify(passlock)];
  await emulator.fault({ kind: "status", status: 400, body: JSON.stringify({ message: "gateway-canary-0123456789" }) });
  const error = await rejection(passlock.getUser(sub));
  assert.ok(error.detail.includes("[redacted]"), error.detail);
  shown.push(inspect(error, { showHidden: true, depth: 9 }), JSON.stringify(error), error.stack);
  assert.ok(!shown.join().includes("canary"), shown.join("\n"));
});

test("headers are refused by what is wrong with them, without their values", () => {
  const valid = { tenancyId: "t", apiKey: "any-api-key" };
  for (const [headers, says] of [
    ["x-a: canary", /^headers must be an object of strings, not string$/],
    [[["x-a", "canary"]], /^headers must be an object of strings, not an array$/],
    [new Headers({ "x-a": "canary" }), /^headers must be a plain object of strings/],
    [new Map([["x-a", "canary"]]), /^headers must be a plain object of strings/],
    [{ "x-a": ["canary"] }, /^headers must be an object of strings; one of its values must be a string, not an array$/],
    [{ "x-a": undefined }, /^headers must be an object of strings; one of its values must be a string, not undefined$/],
    [{ "x-a": "canary\ud800" }, /^headers must be an object of strings; one of its values is not valid Unicode/],
    [{ "x-a": "canary\r\nx-b: 1" }, /^headers/],
    [{ Authorization: "canary" }, /^headers/],
  ]) {
    assert.throws(
      () => new Passlock({ ...valid, headers }),
      (error) => {
        assert.ok(error instanceof ConfigError, inspect(error));
        assert.match(error.message, says);
        assert.ok(!inspect(error, { showHidden: true }).includes("canary"), inspect(error));
        return true;
      },
    );
  }
});

test("one call may have another number of retries", async (context) => {
  const { emulator, passlock } = await setUp(context, { maxRetries: 2 });
  await emulator.fault({ kind: "status", status: 500 }, { times: 9 });
  assert.equal((await rejection(passlock.getUser("u", { maxRetries: 0 }))).attempts, 1);
  assert.equal((await rejection(passlock.getUser("u", { maxRetries: 1 }))).attempts, 2);
  const error = await rejection(passlock.exchangeToken("t", { maxRetries: 11 }));
  assert.ok(error instanceof ConfigError);
  assert.match(error.message, /^maxRetries/);
});
