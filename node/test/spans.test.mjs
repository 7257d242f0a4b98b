// The spans that an application with OpenTelemetry gets, in its own SDK's exporter.

import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { context as contexts, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SamplingDecision,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { environment, eventually, execute, issue, KEY, rejection, setUp } from "./support.mjs";

const GET_USER = "GET /{tenancyId}/user/{sub}";
const EXCHANGE = "GET /{tenancyId}/token/{token}";

/** Registers the SDK for one test; what its exporter has got is given in the order in which spans ended. */
function record(context, { manager = true, ...options } = {}) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)], ...options });
  trace.setGlobalTracerProvider(provider);
  if (manager) contexts.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  context.after(() => {
    trace.disable();
    contexts.disable();
  });
  const finished = () => {
    const spans = exporter.getFinishedSpans();
    const shown = inspect(spans, { depth: 12, showHidden: true });
    assert.ok(!shown.includes("canary"), shown);
    return spans;
  };
  return { finished, tracer: provider.getTracer("application") };
}

const names = (spans) => spans.map(({ name }) => name);
const isIn = (inner, outer) => inner.parentSpanContext?.spanId === outer.spanContext().spanId;
const milliseconds = ([seconds, nanoseconds]) => seconds * 1000 + nanoseconds / 1e6;

test("a call with one retry is a span with two in it, in the caller's", async (context) => {
  const { finished, tracer } = record(context);
  const { emulator, passlock } = await setUp(context, { maxRetries: 1, headers: { "x-key": "gateway-canary-1" } });
  const { token } = await issue(emulator);
  await emulator.fault({ kind: "status", status: 503 });
  let report;
  const subscriber = (message) => {
    report = message;
  };
  subscribe("passlock:call", subscriber);
  context.after(() => unsubscribe("passlock:call", subscriber));
  const before = Date.now();
  await tracer.startActiveSpan("login", async (login) => {
    await passlock.exchangeToken(token);
    login.end();
  });
  const after = Date.now();

  const [first, second, call, login] = finished();
  assert.deepEqual(names(finished()), [EXCHANGE, EXCHANGE, "exchange_token", "login"]);
  assert.ok(isIn(first, call) && isIn(second, call) && isIn(call, login));
  assert.deepEqual([first.kind, second.kind, call.kind], [SpanKind.CLIENT, SpanKind.CLIENT, SpanKind.INTERNAL]);
  assert.equal(call.instrumentationScope.name, "passlock");
  const { hostname, port } = new URL(emulator.endpoint);
  const shared = {
    "http.request.method": "GET",
    "url.template": "/{tenancyId}/token/{token}",
    "server.address": hostname,
    "server.port": Number(port),
  };
  assert.deepEqual(first.attributes, { ...shared, "http.response.status_code": 503, "error.type": "503" });
  assert.deepEqual(second.attributes, {
    ...shared,
    "http.request.resend_count": 1,
    "http.response.status_code": 200,
  });
  const { "passlock.request_id": id, ...attributes } = call.attributes;
  assert.match(id, /./);
  assert.deepEqual(attributes, { "passlock.operation": "exchange_token", "passlock.attempts": 2 });
  assert.deepEqual(
    [first, second, call].map(({ status }) => status.code),
    [SpanStatusCode.ERROR, SpanStatusCode.UNSET, SpanStatusCode.UNSET],
  );

  const lengths = [call, first, second].map(({ duration }) => milliseconds(duration));
  const told = [report.elapsed, ...report.attempts.map(({ begun, ended }) => ended - begun)];
  assert.ok(
    lengths.every((length, at) => Math.abs(length - told[at]) < 0.01),
    inspect({ lengths, told }),
  );
  const times = [call.startTime, first.startTime, first.endTime, second.startTime, second.endTime, call.endTime];
  const ordered = [before, ...times.map(milliseconds), after + 1];
  assert.deepEqual(
    ordered,
    ordered.toSorted((a, b) => a - b),
  );
});

test("a call that fails says how", async (context) => {
  const { finished } = record(context);
  const { emulator, passlock } = await setUp(context, { maxRetries: 1 });
  await rejection(passlock.getUser("user-1"));
  await emulator.fault({ kind: "reset" }, { times: 2 });
  await rejection(passlock.getUserWithInfo("user-1"));

  const [unknown, notFound, ...rest] = finished();
  assert.deepEqual([unknown.attributes["error.type"], notFound.attributes["error.type"]], ["404", "not_found"]);
  assert.deepEqual(names(rest), [GET_USER, GET_USER, "get_user"]);
  const failed = rest.at(-1);
  for (const span of rest) {
    assert.equal(span.attributes["error.type"], "connection");
    assert.equal(span.attributes["http.response.status_code"], undefined);
    assert.equal(span.status.code, SpanStatusCode.ERROR);
    assert.ok(span === failed || isIn(span, failed));
  }
  assert.equal(failed.attributes["passlock.attempts"], 2);
});

test("a call that a signal ends is a span that says so, without requests", async (context) => {
  const { finished, tracer } = record(context);
  const { emulator, passlock } = await setUp(context);
  await emulator.fault({ kind: "hang" });
  const controller = new AbortController();
  await tracer.startActiveSpan("login", async (login) => {
    const calling = rejection(passlock.exchangeToken("token-canary", { signal: controller.signal }));
    await eventually(async () => (await emulator.journal()).length === 1, "the request's arrival");
    controller.abort(new Error("reason-canary"));
    await calling;
    login.end();
  });
  const [call, login] = finished();
  assert.deepEqual(names(finished()), ["exchange_token", "login"]);
  assert.ok(isIn(call, login));
  assert.deepEqual(call.attributes, { "passlock.operation": "exchange_token", "error.type": "cancelled" });
  assert.equal(call.status.code, SpanStatusCode.ERROR);
  assert.ok(milliseconds(call.duration) > 0);
});

test("calls at once are each in the span of their own caller", async (context) => {
  const { finished, tracer } = record(context);
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  const login = (i) =>
    tracer.startActiveSpan(`login-${i}`, async (login) => {
      await passlock.getUser(sub);
      // What comes after a call is in the caller's span too.
      await passlock.updateUser(sub, { givenName: `Ada ${i}` });
      login.end();
    });
  await Promise.all(Array.from({ length: 16 }, (_, i) => login(i)));
  const spans = finished();
  for (const outer of spans.filter(({ name }) => name.startsWith("login-"))) {
    assert.deepEqual(names(spans.filter((span) => isIn(span, outer))), ["get_user", "update_user"]);
  }
  assert.equal(spans.filter(({ name }) => name === "get_user").length, 16);
});

test("opening a connection is a span too", async (context) => {
  const { finished } = record(context);
  const { passlock } = await setUp(context);
  await passlock.warmUp();
  assert.deepEqual(names(finished()), ["GET /{tenancyId}/connection/pre-connect", "warm_up"]);
});

test("a call that sends nothing is no span", async (context) => {
  const { finished } = record(context);
  const { passlock } = await setUp(context);
  await rejection(passlock.getUser(""));
  await rejection(passlock.getUser(7));
  await rejection(passlock.getUser("u", { signal: AbortSignal.abort() }));
  passlock.close();
  await rejection(passlock.getUser("u"));
  assert.deepEqual(finished(), []);
});

test("spans are in each other without a manager of contexts", async (context) => {
  const { finished } = record(context, { manager: false });
  const { passlock } = await setUp(context);
  await rejection(passlock.getUser("u"));
  const [attempt, call] = finished();
  assert.ok(isIn(attempt, call));
  assert.equal(call.parentSpanContext, undefined);
});

test("what a sampler leaves out is not made", async (context) => {
  // It asks for each span on its own: no other one would be made by a sampler that goes by the parent.
  const decide = (name) => (name === "get_user" ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED);
  const { finished } = record(context, {
    sampler: { shouldSample: (_context, _id, name) => ({ decision: decide(name) }) },
  });
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  assert.equal((await passlock.getUser(sub)).sub, sub);
  assert.deepEqual(finished(), []);
});

test("tracing that throws breaks no call", async (context) => {
  const explode = () => {
    throw new Error("tracing is broken");
  };
  const processor = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} };
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  for (const part of [
    { spanProcessors: [{ ...processor, onStart: explode }] },
    { spanProcessors: [{ ...processor, onEnd: explode }] },
    { sampler: { shouldSample: explode } },
  ]) {
    record(context, part);
    assert.equal((await passlock.getUser(sub)).sub, sub);
    assert.equal((await rejection(passlock.getUser("nobody"))).code, "not_found");
    trace.disable();
    contexts.disable();
  }
  trace.setGlobalTracerProvider({ getTracer: explode });
  contexts.setGlobalContextManager({ active: explode, with: explode, bind: explode, enable() {}, disable() {} });
  assert.equal((await passlock.getUser(sub)).sub, sub);
});

test("no span shows a secret, not even one that the server sends back", async (context) => {
  const { finished } = record(context);
  const { emulator, passlock } = await setUp(context);
  const token = "token-canary/0123456789?x";
  for (const status of [200, 302, 400, 401, 404, 503]) {
    const body = JSON.stringify({ _tag: KEY, message: `${KEY} ${token}` });
    await emulator.fault({ kind: "status", status, headers: { "x-request-id": token }, body });
    await rejection(passlock.exchangeToken(token));
  }
  const shown = inspect(finished(), { depth: 12, showHidden: true });
  for (const form of [encodeURIComponent(token), Buffer.from(token).toString("base64").replace(/=+$/, "")]) {
    assert.ok(!shown.includes(form), shown);
  }
  assert.equal(finished().length, 12);
});

suite("an application", () => {
  const here = fileURLToPath(new URL(".", import.meta.url));
  const require = createRequire(import.meta.url);

  test("with a copy of the API in its bundle has spans all the same", async (context) => {
    const { emulator } = await setUp(context);
    const { sub } = await issue(emulator);
    const path = mkdtempSync(join(here, "bundle-"));
    context.after(() => rmSync(path, { recursive: true }));
    const flags = ["--bundle", "--platform=node", "--external:passlock", "--log-level=warning", "--format=cjs"];
    const command = ["scripts/observed.mjs", ...flags, `--outfile=${join(path, "app.cjs")}`];
    const bundled = await execute(`${process.env.PASSLOCK_TEST_TOOLS}/esbuild`, command, { cwd: here });
    assert.deepEqual([bundled.status, bundled.stderr], [0, ""]);
    // Where the package is, and nothing of OpenTelemetry.
    const deployed = mkdtempSync(join(tmpdir(), "passlock-"));
    context.after(() => rmSync(deployed, { recursive: true }));
    cpSync(join(path, "app.cjs"), join(deployed, "app.cjs"));
    const modules = dirname(dirname(require.resolve("passlock/package.json")));
    cpSync(modules, join(deployed, "node_modules"), { recursive: true });
    const run = await execute(process.execPath, ["app.cjs", sub], { cwd: deployed, env: environment(emulator) });
    assert.deepEqual([run.status, run.stdout, run.stderr], [0, "all of it holds\n", ""]);
  });
});
