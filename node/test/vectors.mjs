// Runs the contract's vectors: `node vectors.mjs FOLDER [NAME-PART ...]`. What they mean is in FOLDER/README.md.

import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { Passlock } from "passlock";
import { startEmulator } from "passlock/testing";

const [folder, ...parts] = process.argv.slice(2);
const load = (file) => JSON.parse(readFileSync(join(folder, file), "utf8"));
const defaults = load("defaults.json");
const files = readdirSync(folder).filter((file) => file.endsWith(".json") && !file.endsWith(".schema.json"));
const vectors = files.filter((file) => file !== "defaults.json").flatMap((file) => load(file).vectors);
const chosen = vectors.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));

for (const name of Object.keys(process.env)) {
  if (/^PASSLOCK_(?!CLI$)|_PROXY$/i.test(name)) delete process.env[name];
}
const emulator = await startEmulator({ tenancyId: "tenancy-1", apiKey: "key-canary-0123456789" });
const listen = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", 1, () => resolve(server));
  });
const silent = (await listen()).unref();
const closed = await listen();
const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve("passlock/package.json"))));
const fixed = {
  endpoint: emulator.endpoint,
  port: new URL(emulator.endpoint).port,
  refused: String(closed.address().port),
  silent: String(silent.address().port),
  user_agent: `passlock-node/${version}`,
};
await new Promise((resolve) => closed.close(resolve));

/** A value with its placeholders replaced. */
function filled(value, known) {
  const fill = (inner) => filled(inner, known);
  if (typeof value === "string") {
    const exp = /^\$\{exp([+-]\d+)?\}$/.exec(value);
    if (exp && known.exp !== undefined) return known.exp + Number(exp[1] ?? 0);
    return value.replace(/\$\{([a-z_]+)\}/g, (whole, name) => known[name] ?? whole);
  }
  if (Array.isArray(value)) return value.map(fill);
  if (typeof value !== "object" || value === null) return value;
  if (value.$concat) {
    return value.$concat.map((part) => (Array.isArray(part) ? fill(part[0]).repeat(part[1]) : fill(part))).join("");
  }
  if ("$json" in value) return JSON.stringify(fill(value.$json));
  if (value.$utf16) return String.fromCharCode(...value.$utf16);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fill(inner)]));
}

/** Where two values differ, or undefined. */
function difference(expected, actual, path = "") {
  const differs = () => `${path || "."}: expected ${inspect(expected)}, got ${inspect(actual)}`;
  if (expected === "${any}") return typeof actual === "string" && actual !== "" ? undefined : differs();
  if (typeof expected === "number" && typeof actual === "number") {
    return Math.abs(expected - actual) < 0.0005 ? undefined : differs();
  }
  if (typeof expected !== "object" || expected === null) return expected === actual ? undefined : differs();
  if ("$at_least" in expected) return actual >= expected.$at_least ? undefined : differs();
  if (typeof actual !== "object" || actual === null) return differs();
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const name of names) {
    if (!(name in expected) || !(name in actual)) return `${path}.${name}: ${differs()}`;
    const found = difference(expected[name], actual[name], `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const DURATIONS = ["timeout", "attempt_timeout", "connect_timeout", "leeway"];

function settings(given = {}) {
  const named = Object.entries(given).map(([name, value]) => {
    const words = ["NaN", "Infinity", "-Infinity"].includes(value) ? Number(value) : value;
    const number = DURATIONS.includes(name) && typeof words === "number";
    return [camel(name), number ? words * 1000 : value];
  });
  return Object.fromEntries(named);
}

/** A principal or a user, as vectors write it. */
function plain(model) {
  const json = model.toJSON?.() ?? { ...model };
  const value = (of) => (of instanceof Date ? of.getTime() / 1000 : (of ?? null));
  return Object.fromEntries(Object.entries(json).map(([name, of]) => [snake(name), value(of)]));
}

const FIELDS = ["kind", ...Object.keys(defaults.error)];

function plainError(error) {
  const read = (name) =>
    name === "retry_after" && error.retryAfter !== undefined ? error.retryAfter / 1000 : error[camel(name)];
  return Object.fromEntries(FIELDS.map((name) => [name, read(name) ?? null]));
}

async function control(verb, body) {
  const headers = { "content-type": "application/json", connection: "close" };
  const init = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(`${emulator.endpoint}/_emulator/${verb}`, init);
  if (answer.status !== 200) throw new Error(`${verb}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const OPERATIONS = {
  construct: () => ({}),
  exchange_token: (client, call) => client.exchangeToken(call.token, settings(call.options)),
  get_user: (client, call) => client.getUser(call.sub, settings(call.options)),
  update_user: (client, call) => client.updateUser(call.sub, settings(call.update), settings(call.options)),
};

/** What a call gives: as data, and all that a person may be shown of it. */
async function observe(vector, known) {
  const now = vector.now === undefined ? defaults.now : vector.now;
  const given = settings(filled({ ...defaults.settings, ...vector.settings }, known));
  if (now !== null) given.fixedNow = now * 1000;
  let client;
  try {
    client = new Passlock(given);
    const result = await OPERATIONS[vector.call.operation](client, filled(vector.call, known));
    return { result: plain(result), shown: inspect([client, result], { depth: 9, showHidden: true }) };
  } catch (error) {
    if (error.kind === undefined) throw error;
    const shown = inspect(error, { depth: 9, showHidden: true }) + error.stack + JSON.stringify(error);
    return { error: plainError(error), message: error.message, shown };
  } finally {
    client?.close();
  }
}

/** What is wrong, or undefined. */
async function run(vector) {
  const known = { ...fixed };
  await control("reset", {});
  for (const step of vector.server ?? []) {
    const [[verb, body]] = Object.entries(step);
    const answer = await control(verb, filled(body, known));
    if (verb === "tokens") Object.assign(known, answer);
  }
  const environment = filled(vector.environment ?? {}, known);
  Object.assign(process.env, environment);
  const seen = await observe(vector, known);
  for (const name of Object.keys(environment)) delete process.env[name];

  const { says = [], ...error } = filled(vector.error ?? {}, known);
  const expected = vector.error ? { error: { ...defaults.error, ...error } } : { result: filled(vector.result, known) };
  const { message = "", shown, ...outcome } = seen;
  const words = (text) => text.toLowerCase().replaceAll("_", "");
  const unsaid = says.find((word) => !words(message).includes(words(word)));
  if (unsaid !== undefined) return `the message lacks ${unsaid}: ${message}`;
  if (shown.includes("canary")) return `a secret is shown: ${shown}`;
  return (
    difference(expected, outcome) ?? onTheWire(filled(vector.wire ?? [], known), (await control("journal")).requests)
  );
}

function onTheWire(expected, requests) {
  const seen = requests.map((request, i) => {
    const headers = { ...filled(defaults.headers, fixed), ...expected[i]?.headers };
    const looked = Object.keys(headers).map((name) => [name, request.headers[name] ?? null]);
    const { method, path, body } = request;
    return { method, path, headers: Object.fromEntries(looked), body: body === "" ? null : JSON.parse(body) };
  });
  const wanted = expected.map(({ method, path, headers, body = null }) => {
    return { method, path, headers: { ...filled(defaults.headers, fixed), ...headers }, body };
  });
  const early = expected.findIndex(
    ({ gap = 0 }, i) => requests[i] && i > 0 && requests[i].atMillis - requests[i - 1].endedAtMillis < gap * 1000,
  );
  return difference(wanted, seen, "wire") ?? (early > 0 ? `wire.${early}: it came too early` : undefined);
}

let [passed, failed] = [0, 0];
for (const vector of chosen) {
  if (vector.only && !vector.only.languages.includes("node")) {
    console.log(`left out: ${vector.name} (${vector.only.why})`);
    continue;
  }
  const wrong = await run(vector).catch((error) => error.stack);
  if (wrong === undefined) passed++;
  else {
    failed++;
    console.log(`FAILED ${vector.name}: ${wrong}`);
  }
}
await emulator.stop();
silent.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
