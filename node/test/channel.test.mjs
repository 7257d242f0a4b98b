// The reports of calls that Node's diagnostics channel has.

import assert from "node:assert/strict";
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { createRequire } from "node:module";
import { test } from "node:test";
import { inspect } from "node:util";
import { environment, eventually, execute, issue, KEY, rejection, setUp } from "./support.mjs";

const require = createRequire(import.meta.url);

/** The reports that a test's calls make. */
function listen(context) {
  const reports = [];
  const listener = (report, name) => reports.push([report, name]);
  subscribe("passlock:call", listener);
  context.after(() => unsubscribe("passlock:call", listener));
  return () => {
    assert.ok(!inspect(reports, { depth: 9, showHidden: true }).includes("canary"), inspect(reports, { depth: 9 }));
    return reports.splice(0).map(([report, name]) => {
      assert.equal(name, "passlock:call");
      return report;
    });
  };
}

test("a call is published when it has ended, with each of its requests", async (context) => {
  const reports = listen(context);
  const { emulator, passlock } = await setUp(context, { maxRetries: 1, headers: { "x-key": "gateway-canary-1" } });
  const { token } = await issue(emulator);
  await emulator.fault({ kind: "status", status: 503, headers: { "x-request-id": "req-1" } });
  const before = Date.now();
  const calling = passlock.exchangeToken(token);
  assert.deepEqual(reports(), []);
  await calling;
  const [{ startTime, elapsed, requestId, attempts, ...report }, ...more] = reports();
  assert.deepEqual(more, []);
  assert.deepEqual(report, {
    operation: "exchange_token",
    endpoint: emulator.endpoint,
    serverAddress: "127.0.0.1",
    serverPort: Number(new URL(emulator.endpoint).port),
    status: 200,
    error: undefined,
  });
  assert.ok(startTime.getTime() >= before && startTime.getTime() <= Date.now());
  const [first, second] = attempts.map(({ begun, ended, wait, requestId, ...attempt }) => attempt);
  const shared = { method: "GET", route: "/{tenancyId}/token/{token}" };
  assert.deepEqual(first, { ...shared, status: 503, errorType: "503", resendCount: 0 });
  assert.deepEqual(second, { ...shared, status: 200, errorType: undefined, resendCount: 1 });
  assert.equal(attempts[0].requestId, "req-1");
  assert.equal(attempts[1].requestId, requestId);
  assert.ok(attempts[0].wait >= 0 && attempts[1].wait === undefined);
  const times = [0, ...attempts.flatMap(({ begun, ended }) => [begun, ended]), elapsed];
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test("a report can't be changed by one of its readers", async (context) => {
  const reports = listen(context);
  const { passlock } = await setUp(context);
  await rejection(passlock.getUser("u"));
  const [report] = reports();
  assert.ok([report, report.attempts, report.attempts[0]].every(Object.isFrozen));
});

test("a call that fails or is aborted is published, and one that sends nothing is not", async (context) => {
  const reports = listen(context);
  const { emulator, passlock } = await setUp(context);
  await rejection(passlock.getUser("nobody"));
  const said = (report) => [report.operation, report.error, report.status, report.attempts.length];
  assert.deepEqual(reports().map(said), [["get_user", "not_found", 404, 1]]);

  await rejection(passlock.getUser(""));
  await rejection(passlock.getUser(7));
  await rejection(passlock.getUser("u", { signal: AbortSignal.abort() }));
  assert.deepEqual(reports(), []);

  await emulator.fault({ kind: "hang" });
  const controller = new AbortController();
  const calling = rejection(passlock.updateUser("u", { givenName: "A" }, { signal: controller.signal }));
  await eventually(async () => (await emulator.journal()).length === 2, "the request's arrival");
  controller.abort("reason-canary");
  assert.equal(await calling, "reason-canary");
  const [aborted] = reports();
  assert.deepEqual(said(aborted), ["update_user", "cancelled", undefined, 0]);
  assert.ok(aborted.elapsed >= 0);
});

test("calls with info and connections opened ahead are published as well", async (context) => {
  const reports = listen(context);
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  await passlock.warmUp();
  const { value, info } = await passlock.getUserWithInfo(sub);
  assert.equal(value.sub, sub);
  const [opened, read] = reports();
  assert.equal(opened.operation, "warm_up");
  assert.equal(opened.attempts[0].route, "/{tenancyId}/connection/pre-connect");
  const { attempts, status, requestId, elapsed } = read;
  assert.deepEqual(info, { attempts: attempts.length, status, requestId, elapsed });
});

test("no report shows a secret, not even one that the server sends back", async (context) => {
  const reports = listen(context);
  const { emulator, passlock } = await setUp(context);
  const token = "token-canary/0123456789?x";
  for (const status of [200, 302, 400, 401, 404, 503]) {
    const body = JSON.stringify({ _tag: KEY, message: `${KEY} ${token}` });
    await emulator.fault({ kind: "status", status, headers: { "x-request-id": token }, body });
    await rejection(passlock.exchangeToken(token));
  }
  assert.equal(reports().length, 6);
});

test("nothing is reported to the package where nobody listens", async (context) => {
  const { Client } = require(Object.keys(require("passlock/package.json").optionalDependencies)[0]);
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  const made = context.mock.method(Client.prototype, "beginObserved");
  assert.equal(channel("passlock:call").hasSubscribers, false);
  await passlock.getUser(sub);
  assert.equal(made.mock.callCount(), 0);
  const reports = listen(context);
  await passlock.getUser(sub);
  assert.equal(made.mock.callCount(), 1);
  assert.equal(reports().length, 1);
});

test("a subscriber that throws breaks no call", async (context) => {
  const { emulator } = await setUp(context);
  const { sub } = await issue(emulator);
  const script = `
    const { subscribe } = require("node:diagnostics_channel");
    const { Passlock } = require("passlock");
    const thrown = [];
    process.on("uncaughtException", (error) => thrown.push(error.message));
    subscribe("passlock:call", () => {
      throw new Error("a subscriber of ours");
    });
    const passlock = new Passlock();
    passlock.getUser(process.argv[1]).then(async (user) => {
      const error = await passlock.getUser("nobody").catch((error) => error);
      setImmediate(() => console.log(user.email, error.code, thrown));
    });`;
  const run = await execute(process.execPath, ["-e", script, sub], { env: environment(emulator) });
  // As Node has it: what a subscriber throws is nobody's, and so the process's own.
  const expected = "ada@example.com not_found [ 'a subscriber of ours', 'a subscriber of ours' ]\n";
  assert.deepEqual([run.status, run.stdout, run.stderr], [0, expected, ""]);
});
