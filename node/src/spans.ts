// Spans through the application's OpenTelemetry API: one for each call, and within it one for each request, with OpenTelemetry's
// names.
//
// The API is not loaded, and need not be installed where this package finds it. All copies of its major version 1, bundled ones
// too, share what an application has registered under one symbol of the global object, and use the same symbol as the key of a
// context's span.

import { freeze, getTime, ownGlobal } from "./intrinsics.js";
import type { AttemptReport, CallReport } from "./reports.js";
import { VERSION } from "./version.js";

const REGISTRY = Symbol.for("opentelemetry.js.api.1");
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/** The part of the API that is used here, which has been there since its version 1.0. */
interface Registry {
  trace?: { getTracer(name: string, version: string): Tracer };
  context?: { active(): Context };
}

interface Tracer {
  startSpan(name: string, options: object, context: Context): Span;
}

interface Span {
  isRecording(): boolean;
  setStatus(status: { code: number }): void;
  end(time: Time): void;
}

interface Context {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): Context;
  deleteValue(key: symbol): Context;
}

/** Seconds since the Unix epoch, and nanoseconds. A plain number could also mean the time since the process started. */
type Time = [seconds: number, nanoseconds: number];

type Attributes = Record<string, string | number>;

/** `SpanKind` and `SpanStatusCode` of the API. */
const INTERNAL = 0;
const CLIENT = 2;
const ERROR = 2;

function registry(): Registry | undefined {
  return (ownGlobal as { [REGISTRY]?: Registry })[REGISTRY];
}

/** Whether the application has registered a tracer provider. */
export function isTraced(): boolean {
  return registry()?.trace !== undefined;
}

/** The caller's context. */
export function activeContext(): Context | undefined {
  try {
    return registry()?.context?.active();
  } catch {
    return undefined;
  }
}

/** Makes the spans of a call that has ended. If that fails, the call does not. */
export function makeSpans(report: CallReport, context: Context = ROOT): void {
  try {
    const tracer = registry()?.trace?.getTracer("passlock", VERSION);
    if (tracer !== undefined) {
      makeCall(tracer, report, context);
    }
  } catch {
    // OpenTelemetry's own components report their failures themselves.
  }
}

function makeCall(tracer: Tracer, report: CallReport, context: Context): void {
  const { operation, attempts, requestId, error } = report;
  const attributes: Attributes = { "passlock.operation": operation };
  if (error !== "cancelled") {
    attributes["passlock.attempts"] = attempts.length;
  }
  if (requestId !== undefined) {
    attributes["passlock.request_id"] = requestId;
  }
  const span = start(tracer, report, operation, INTERNAL, 0, attributes, error, context);
  // If a sampler drops the call, its requests are dropped too.
  if (span.isRecording()) {
    const within = context.setValue(SPAN, span);
    for (let at = 0; at < attempts.length; at++) {
      makeAttempt(tracer, report, attempts[at] as AttemptReport, within);
    }
  }
  span.end(time(report, report.elapsed));
}

function makeAttempt(tracer: Tracer, report: CallReport, attempt: AttemptReport, context: Context): void {
  const { method, route, status, resendCount, errorType } = attempt;
  const attributes: Attributes = {
    "http.request.method": method,
    "url.template": route,
    // The report of a call with attempts has both.
    "server.address": report.serverAddress as string,
    "server.port": report.serverPort as number,
  };
  if (resendCount > 0) {
    attributes["http.request.resend_count"] = resendCount;
  }
  if (status !== undefined) {
    attributes["http.response.status_code"] = status;
  }
  const span = start(tracer, report, `${method} ${route}`, CLIENT, attempt.begun, attributes, errorType, context);
  span.end(time(report, attempt.ended));
}

function start(
  tracer: Tracer,
  report: CallReport,
  name: string,
  kind: number,
  begun: number,
  attributes: Attributes,
  error: string | undefined,
  context: Context,
): Span {
  if (error !== undefined) {
    attributes["error.type"] = error;
  }
  const span = tracer.startSpan(name, { kind, startTime: time(report, begun), attributes }, context);
  if (error !== undefined) {
    span.setStatus({ code: ERROR });
  }
  return span;
}

/** The time this many milliseconds after the call began. */
function time(report: CallReport, elapsed: number): Time {
  const since = getTime(report.startTime) + elapsed;
  const within = since % 1000;
  return [(since - within) / 1000, (within * 1_000_000) | 0];
}

/** An empty context, or an outer one with one more value: for applications that have registered no context manager. */
function contextOf(outer?: Context, own?: symbol, value?: unknown): Context {
  const context: Context = {
    getValue: (key) => (key === own ? value : outer?.getValue(key)),
    setValue: (key, value) => contextOf(context, key, value),
    deleteValue: (key) => contextOf(context, key, undefined),
  };
  return freeze(context);
}

const ROOT = contextOf();
