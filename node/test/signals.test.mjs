import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { inspect, types } from "node:util";
import { createContext, runInContext } from "node:vm";
import { environment, eventually, execute, issue, rejection, setUp } from "./support.mjs";

// No limit ends a call that a signal has to end.
const patient = { timeout: 300_000, attemptTimeout: 300_000 };

test("a signal that is already aborted sends nothing", async (context) => {
  const { emulator, passlock } = await setUp(context, patient);
  const reason = new Error("gone");
  const signal = AbortSignal.abort(reason);
  assert.equal(await rejection(passlock.exchangeToken("token", { signal })), reason);
  assert.equal((await rejection(passlock.getUser("u", { signal: AbortSignal.abort() }))).name, "AbortError");
  assert.deepEqual(await emulator.journal(), []);
});

test("an abort midway ends the connection, and rejects with the reason", async (context) => {
  const { emulator, passlock } = await setUp(context, patient);
  await emulator.fault({ kind: "hang" });
  const controller = new AbortController();
  const calling = rejection(passlock.exchangeToken("token", { signal: controller.signal }));
  await eventually(async () => (await emulator.journal()).length === 1, "the request's arrival");
  controller.abort("any reason");
  assert.equal(await calling, "any reason");
  const closed = async () => (await emulator.journal())[0].outcome === "clientClosed";
  await eventually(closed, "the connection's end");
  assert.deepEqual(getEventListeners(controller.signal, "abort"), []);
  // The client works on.
  assert.equal((await rejection(passlock.exchangeToken("token"))).code, "not_found");
});

test("an abort in the turn of the call counts, however quick its outcome is", async (context) => {
  const { passlock } = await setUp(context);
  const controller = new AbortController();
  // Refused without a request: its outcome is there at once.
  const calling = rejection(passlock.getUser("", { signal: controller.signal }));
  controller.abort("reason");
  assert.equal(await calling, "reason");
});

test("an abort while waiting to try again ends the call", async (context) => {
  const { emulator, passlock } = await setUp(context, { ...patient, maxRetries: 2 });
  await emulator.fault({ kind: "status", status: 503, headers: { "retry-after": "20" } });
  const controller = new AbortController();
  const calling = rejection(passlock.getUser("u", { signal: controller.signal }));
  await eventually(async () => (await emulator.journal())[0]?.outcome === "faulted", "the first attempt");
  controller.abort();
  assert.equal((await calling).name, "AbortError");
});

test("AbortSignal.timeout and AbortSignal.any work", async (context) => {
  const { emulator, passlock } = await setUp(context, patient);
  await emulator.fault({ kind: "hang" }, { times: 2 });
  const late = await rejection(passlock.getUser("u", { signal: AbortSignal.timeout(100) }));
  assert.equal(late.name, "TimeoutError");
  const any = AbortSignal.any([AbortSignal.timeout(100), new AbortController().signal]);
  assert.equal((await rejection(passlock.getUser("u", { signal: any }))).name, "TimeoutError");
});

test("the user's own handlers stay, and none of ours does", async (context) => {
  const { emulator, passlock } = await setUp(context, patient);
  const { token } = await issue(emulator);
  const controller = new AbortController();
  const { signal } = controller;
  const seen = [];
  const onabort = () => seen.push("onabort");
  const listener = () => seen.push("listener");
  signal.onabort = onabort;
  signal.addEventListener("abort", listener);
  const before = getEventListeners(signal, "abort").length;

  await passlock.exchangeToken(token, { signal });
  await rejection(passlock.exchangeToken("no-such-token", { signal }));
  await rejection(passlock.exchangeToken("", { signal }));
  await rejection(passlock.exchangeToken("token", { signal, timeout: -1 }));
  const warnings = [];
  const warned = (warning) => warnings.push(warning);
  process.on("warning", warned);
  const calling = Array.from({ length: 50 }, () => passlock.exchangeToken(token, { signal }));
  assert.equal(getEventListeners(signal, "abort").length, before + 1);
  await Promise.all(calling);
  process.off("warning", warned);
  assert.deepEqual(warnings, []);
  assert.equal(getEventListeners(signal, "abort").length, before);
  assert.equal(signal.onabort, onabort);

  controller.abort();
  assert.deepEqual(seen, ["onabort", "listener"]);
});

test("one signal ends many calls, and one that ended is not touched", async (context) => {
  const { emulator, passlock } = await setUp(context, patient);
  const { sub } = await issue(emulator);
  const controller = new AbortController();
  const { signal } = controller;
  const done = await passlock.getUser(sub, { signal });
  await emulator.fault({ kind: "hang" }, { times: 20 });
  const calling = Array.from({ length: 20 }, () => rejection(passlock.getUser(sub, { signal })));
  const arrived = async () => (await emulator.journal()).length === 21;
  await eventually(arrived, "all requests' arrival");
  controller.abort();
  assert.deepEqual(new Set((await Promise.all(calling)).map((error) => error.name)), new Set(["AbortError"]));
  assert.equal(done.sub, sub);
  const closed = async () =>
    (await emulator.journal()).filter((request) => request.outcome === "clientClosed").length === 20;
  await eventually(closed, "all connections' end");
});

test("an abort in the same turn as the call is an abort", async (context) => {
  const { passlock } = await setUp(context, patient);
  const controller = new AbortController();
  const calling = passlock.getUser("u", { signal: controller.signal });
  controller.abort();
  assert.equal((await rejection(calling)).name, "AbortError");
});

test("a signal that throws when it is let go takes no other call along", async (context) => {
  const { emulator } = await setUp(context);
  const { sub } = await issue(emulator);
  // No call ends in the turn that makes it: it would never listen.
  await emulator.fault({ kind: "delay", millis: 200 }, { times: 9 });
  const source = `
    const { Passlock } = require("passlock");
    const passlock = new Passlock({ maxRetries: 0 });
    process.on("uncaughtException", (error) => console.log(error.message));
    const letGo = { removeEventListener() { throw new Error("thrown"); } };
    const signal = () => Object.assign(new EventTarget(), { aborted: false }, letGo);
    const calls = Array.from({ length: 9 }, (_, at) => passlock.getUser("${sub}", at % 3 ? {} : { signal: signal() }));
    // Nobody looks until all have their answers: they are settled together.
    const until = Date.now() + 1000;
    while (Date.now() < until);
    Promise.all(calls).then((users) => console.log(users.length));`;
  const run = await execute(process.execPath, ["-e", source], { env: environment(emulator), cwd: import.meta.dirname });
  assert.deepEqual([run.status, run.stderr], [0, ""]);
  assert.deepEqual(run.stdout.trim().split("\n").sort(), ["9", "thrown", "thrown", "thrown"]);
});

test("a signal that has no reason rejects with an AbortError", async (context) => {
  const { emulator, passlock } = await setUp(context, patient);
  // As polyfills from before there were reasons.
  class Signal extends EventTarget {
    aborted = false;
    abort() {
      this.aborted = true;
      this.dispatchEvent(new Event("abort"));
    }
  }
  const check = (error) => {
    assert.ok(error instanceof DOMException, inspect(error));
    assert.deepEqual([error.name, error.message], ["AbortError", "This operation was aborted"]);
  };
  await emulator.fault({ kind: "hang" });
  const signal = new Signal();
  const calling = rejection(passlock.getUser("u", { signal }));
  await eventually(async () => (await emulator.journal()).length === 1, "the request's arrival");
  signal.abort();
  check(await calling);
  check(await rejection(passlock.getUser("u", { signal })));
  // Refused without a request: aborted in the turn of the call.
  const late = new Signal();
  const refused = rejection(passlock.getUser("", { signal: late }));
  late.abort();
  check(await refused);
  assert.equal((await emulator.journal()).length, 1);
  // A reason that was given is one.
  assert.equal(await rejection(passlock.getUser("u", { signal: AbortSignal.abort(null) })), null);
});

test("a signal that has no reason rejects with an AbortError in a realm that has no DOMException", async (context) => {
  const { emulator } = await setUp(context);
  const require = createRequire(import.meta.url);
  const realm = createContext({ Buffer, process });
  const module = { exports: {} };
  const source = readFileSync(require.resolve("passlock"), "utf8");
  runInContext(`(function (exports, require, module) {${source}\n})`, realm)(module.exports, require, module);
  const passlock = new module.exports.Passlock(emulator.settings);
  const signal = { aborted: true, addEventListener() {}, removeEventListener() {} };
  const error = await rejection(passlock.getUser("u", { signal }));
  assert.deepEqual([error.name, error.message], ["AbortError", "This operation was aborted"]);
  assert.ok(!(error instanceof DOMException) && types.isNativeError(error));
});

test("a signal of another make ends all its calls, whatever it throws", async (context) => {
  const { emulator, passlock } = await setUp(context, patient);
  const throws = () => {
    throw new Error("thrown");
  };
  // It calls its listeners bare, and throws wherever it can.
  const listeners = new Set();
  const other = {
    aborted: false,
    get reason() {
      return throws();
    },
    addEventListener: (_, listener) => listeners.add(listener),
    removeEventListener: throws,
  };
  await emulator.fault({ kind: "hang" }, { times: 3 });
  const calls = Array.from({ length: 3 }, () => rejection(passlock.getUser("u", { signal: other })));
  await eventually(async () => (await emulator.journal()).length === 3, "the requests' arrival");
  for (const listener of listeners) {
    listener();
  }
  for (const call of calls) {
    assert.equal((await call).message, "thrown");
  }
  const closed = async () => (await emulator.journal()).every(({ outcome }) => outcome === "clientClosed");
  await eventually(closed, "the connections' end");
});

test("a signal that can't be listened to is the call's failure, each time", async (context) => {
  const { emulator, passlock } = await setUp(context, { timeout: 20_000, attemptTimeout: 20_000, maxRetries: 0 });
  await emulator.fault({ kind: "hang" }, { times: 9, operation: "get_user" });
  const deaf = Object.assign(new EventTarget(), {
    aborted: false,
    addEventListener() {
      throw new Error("deaf");
    },
  });
  for (let call = 0; call < 2; call++) {
    assert.equal((await rejection(passlock.getUser("u", { signal: deaf }))).message, "deaf");
  }
  const { token } = await issue(emulator);
  await passlock.exchangeToken(token);
  // Neither call goes on unseen.
  const pending = async () => (await emulator.journal()).some(({ outcome }) => outcome === "pending");
  await eventually(async () => !(await pending()), "the end of all requests");
});
