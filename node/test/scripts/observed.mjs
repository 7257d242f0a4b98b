// Spans and the channel, in every runtime and in a bundle: `node observed.mjs SUB [TOKEN]`

import { channel } from "node:diagnostics_channel";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { Passlock } from "passlock";

const check = (holds, what) => {
  if (!holds) throw new Error(`it does not hold: ${what}`);
};

async function main() {
  const [, , sub] = process.argv;
  const passlock = new Passlock();
  check((await passlock.getUser(sub)).sub === sub, "a call before anybody observes");

  const reports = [];
  const subscriber = (report) => reports.push(report);
  channel("passlock:call").subscribe(subscriber);
  check((await passlock.getUser(sub)).sub === sub, "a call that is published");
  channel("passlock:call").unsubscribe(subscriber);
  await passlock.getUser(sub);
  check(reports.length === 1, "one report");
  const [{ operation, attempts, status, error }] = reports;
  check(operation === "get_user" && attempts.length === 1 && status === 200 && error === undefined, "the report");

  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  await provider.getTracer("application").startActiveSpan("login", async (login) => {
    await passlock.getUser(sub);
    login.end();
  });
  const [attempt, call, login] = exporter.getFinishedSpans();
  check(attempt.name === "GET /{tenancyId}/user/{sub}" && call.name === "get_user", "the spans");
  check(attempt.parentSpanContext.spanId === call.spanContext().spanId, "the request's parent");
  check(call.parentSpanContext.spanId === login.spanContext().spanId, "the call's parent");
  console.log("all of it holds");
}

main();
