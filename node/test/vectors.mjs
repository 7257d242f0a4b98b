// Runs the contract's vectors: `node vectors.mjs FOLDER [NAME-PART ...]`. What they mean is in FOLDER/README.md.
// `node vectors.mjs FOLDER --serve` stays up instead: it reads a vector a line, and writes what was seen of it, a line too.

import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inspect } from "node:util";
import { Passlock, PasslockError } from "passlock";
import { startEmulator } from "passlock/testing";
import { camel, difference, filled, plain } from "./vector-values.mjs";

const [folder, ...parts] = process.argv.slice(2);
const load = (file) => JSON.parse(readFileSync(join(folder, file), "utf8"));
const files = readdirSync(folder).filter((file) => /^(?!defaults)(?!.*\.schema\.).*\.json$/.test(file));
const vectors = files.flatMap((file) => load(file).vectors);
const chosen = vectors.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
const defaults = load("defaults.json");

for (const name of Object.keys(process.env)) {
  if (/^PASSLOCK_(?!CLI$)|_PROXY$/i.test(name)) delete process.env[name];
}
const emulator = await startEmulator({ tenancyId: "tenancy-1", apiKey: "key-canary-0123456789" });
const listen = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
  });
// Node accepts whoever comes; a connection on which nobody speaks is as silent.
const silent = (await listen()).unref();
const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve("passlock/package.json"))));
const fixed = {
  endpoint: emulator.endpoint,
  port: new URL(emulator.endpoint).port,
  silent: String(silent.address().port),
  user_agent: `passlock-node/${version}`,
};

/** The emulator refuses what a vector tells it. */
class ControlError extends Error {}

async function control(verb, body) {
  const headers = { "content-type": "application/json", connection: "close" };
  const init = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(`${emulator.endpoint}/_emulator/${verb}`, init);
  if (answer.status !== 200) throw new ControlError(`${verb}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** The method that an operation's name stands for, with its arguments in the order of all methods. */
async function carryOut(client, { operation, ...call }) {
  if (operation === "construct") return {};
  const [method] = Object.keys(camel({ [operation]: null }));
  const argument = "token" in call ? call.token : call.sub;
  return client[method](argument, ...("update" in call ? [camel(call.update)] : []), camel(call.options));
}

/** What a call gives, and all that a person may be shown of it. */
async function call(vector, known) {
  const now = vector.now === undefined ? defaults.now : vector.now;
  const settings = Object.entries(filled({ ...defaults.settings, ...vector.settings }, known));
  const given = camel(Object.fromEntries(settings.filter(([, value]) => value !== null)));
  const dumped = (value) => inspect(value, { depth: 9, showHidden: true });
  let client;
  try {
    client = new Passlock(now === null ? given : { ...given, fixedNow: now * 1000 });
    const result = await carryOut(client, filled(vector.call, known));
    return { outcome: { result: plain(result.toJSON?.() ?? result) }, shown: dumped(client) + dumped(result) };
  } catch (error) {
    if (!(error instanceof PasslockError)) throw error;
    const { kind, message, retryAfter } = error;
    const fields = { ...plain(error), kind, retry_after: retryAfter === undefined ? null : retryAfter / 1000 };
    const names = ["kind", ...Object.keys(defaults.error)];
    const outcome = { error: Object.fromEntries(names.map((name) => [name, fields[name] ?? null])) };
    return { outcome, message, shown: dumped(error) + error.stack + JSON.stringify(error) };
  } finally {
    client?.close();
  }
}

/** Runs a vector, and says what was seen of it. What the emulator generates is known from then on. */
async function observe(vector, known) {
  await control("reset", {});
  for (const [verb, body] of (vector.server ?? []).flatMap(Object.entries)) {
    const answer = await control(verb, filled(body, known));
    if (verb === "tokens") Object.assign(known, answer);
  }
  const environment = filled(vector.environment ?? {}, known);
  Object.assign(process.env, environment);
  try {
    return { message: "", ...(await call(vector, known)), journal: (await control("journal")).requests };
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
  }
}

/** What is wrong, or undefined. */
async function run(vector) {
  const known = { ...fixed };
  const { outcome, message, shown, journal } = await observe(vector, known);
  const { says = [], quotes = "", ...error } = filled(vector.error ?? {}, known);
  const expected = vector.error ? { error: { ...defaults.error, ...error } } : { result: filled(vector.result, known) };
  const words = (text) => text.toLowerCase().replaceAll("_", "");
  const unsaid = says.find((word) => !words(message).includes(words(word)));
  if (unsaid !== undefined) return `the message lacks ${unsaid}: ${message}`;
  if (!message.includes(quotes)) return `the message does not quote ${quotes}: ${message}`;
  if (shown.includes("canary")) return `a secret is shown: ${shown}`;
  return difference(expected, outcome) ?? unlike(filled(vector.wire ?? [], known), journal);
}

/** Answers each vector with what was seen of it. What is no PasslockError is no answer to any vector. */
async function serve() {
  for await (const line of createInterface({ input: process.stdin })) {
    const known = { ...fixed };
    const seen = await observe(JSON.parse(line), known).catch((error) =>
      error instanceof ControlError ? { broken: error.message } : { outcome: { raised: error.stack } },
    );
    const texts = seen.shown === undefined ? [] : [seen.shown];
    await new Promise((resolve) => process.stdout.write(`${JSON.stringify({ ...seen, texts, known })}\n`, resolve));
  }
}

/** How the requests differ from those that are expected. */
function unlike(wire, requests) {
  const headers = (request) => ({ ...filled(defaults.headers, fixed), ...request?.headers });
  const expected = wire.map((request) => {
    return { method: request.method, path: request.path, headers: headers(request), body: request.body ?? null };
  });
  const seen = requests.map(({ method, path, body, ...request }, i) => {
    const looked = Object.keys(headers(wire[i])).map((name) => [name, request.headers[name] ?? null]);
    return { method, path, headers: Object.fromEntries(looked), body: body === "" ? null : JSON.parse(body) };
  });
  const early = (i) => requests[i].atMillis - requests[i - 1].endedAtMillis < (wire[i].gap ?? 0) * 1000;
  const hurried = () => wire.findIndex((_, i) => i > 0 && early(i));
  return difference(expected, seen, "wire") ?? (hurried() > 0 ? `wire.${hurried()} came too early` : undefined);
}

async function runAll() {
  const counts = { passed: 0, failed: 0 };
  for (const vector of chosen) {
    if (vector.only && !vector.only.languages.includes("node")) {
      console.log(`left out: ${vector.name} (${vector.only.why})`);
      continue;
    }
    const wrong = await run(vector).catch((error) => error.stack);
    counts[wrong === undefined ? "passed" : "failed"]++;
    if (wrong !== undefined) console.log(`FAILED ${vector.name}: ${wrong}`);
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

await (parts[0] === "--serve" ? serve() : runAll());
await emulator.stop();
silent.close();
