import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { ConfigError, InvalidInputError, Passlock } from "passlock";
import { issue, rejection, setUp } from "./support.mjs";

const WRONG = [undefined, null, 7, 7n, true, Symbol("canary"), {}, [], ["canary"], () => {}, new String("canary")];

test("an argument of the wrong type is a rejection, and nothing is sent", async (context) => {
  const { emulator, passlock } = await setUp(context);
  for (const value of WRONG) {
    for (const call of [
      () => passlock.exchangeToken(value),
      () => passlock.getUser(value),
      () => passlock.updateUser(value, { givenName: "Ada" }),
    ]) {
      // A throw here, before there is a promise, would fail the test.
      const promise = call();
      const error = await rejection(promise);
      assert.ok(error instanceof InvalidInputError, inspect(error));
      assert.match(error.message, /^(token|sub) must be a string, not /);
      assert.ok(!inspect(error).includes("canary"), inspect(error));
    }
  }
  assert.deepEqual(await emulator.journal(), []);
});

test("a string that can't be sent as it is is refused without being shown", async (context) => {
  const { emulator, passlock } = await setUp(context);
  for (const value of ["", ".", "..", "canary\n", "canary\ud800", "\udc00canary", `canary${"x".repeat(4096)}`]) {
    const error = await rejection(passlock.exchangeToken(value));
    assert.ok(error instanceof InvalidInputError, inspect(error));
    assert.equal(error.operation, "exchange_token");
    assert.ok(!inspect(error).includes("canary"));
  }
  assert.deepEqual(await emulator.journal(), []);
});

test("what reaches another route in other clients is one segment here", async (context) => {
  const { emulator, passlock } = await setUp(context);
  for (const [value, segment] of [
    ["../user/u1", "..%2Fuser%2Fu1"],
    ["a?b#c", "a%3Fb%23c"],
    ["%2e%2e", "%252e%252e"],
    ["é😀", "%C3%A9%F0%9F%98%80"],
  ]) {
    await emulator.reset();
    assert.equal((await rejection(passlock.exchangeToken(value))).code, "not_found");
    assert.equal((await emulator.journal())[0].path, `/tenancy-1/token/${segment}`);
  }
});

test("a setting of the wrong type is a config error that names it", () => {
  const wrong = {
    tenancyId: [7, {}, "\ud800"],
    apiKey: [7, ["canary"]],
    endpoint: [7, new URL("http://localhost")],
    allowHttp: ["yes", 1],
    timeout: ["5", 5n, new Date(), Number.NaN, -1, 0, Number.POSITIVE_INFINITY, 3_600_001],
    attemptTimeout: ["5", Number.NaN],
    connectTimeout: [{}, 0],
    maxRetries: ["2", -1, 1.5, 11, Number.NaN],
    maxResponseBytes: ["1", 0, -1],
    proxy: [7],
    caCertificates: [7, {}, "no PEM", new Uint8Array([1, 2])],
    leeway: ["60", -1, Number.NaN],
    verifyClaims: [0],
    issuer: [7, ""],
    requireUserVerified: ["no"],
    authTypes: ["passkey", [7], ["\ud800"]],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(
        () => new Passlock({ tenancyId: "t", apiKey: "any-api-key", [name]: value }),
        (error) => {
          assert.ok(error instanceof ConfigError, inspect(error));
          // As it is written here, whichever half of the package refuses it.
          assert.match(error.message, new RegExp(`^${name}\\b`), `${name}: ${error.message}`);
          assert.ok(!inspect(error).includes("canary"));
          return true;
        },
      );
    }
  }
  assert.throws(() => new Passlock({ tenancyID: "t" }), {
    code: "config",
    message: /^unknown option "tenancyID"; expected one of tenancyId, apiKey, /,
  });
  assert.throws(() => new Passlock("tenancy"), { code: "config", message: /must be an object/ });
  assert.throws(() => new Passlock({ apiKey: "any-api-key" }), { code: "config", message: /PASSLOCK_TENANCY_ID/ });
});

test("settings and fields are named as they are written here, whatever the error", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  const call = async (options, operation) => {
    const client = new Passlock({ ...emulator.settings, maxRetries: 0, ...options });
    context.after(() => client.close());
    return operation(client);
  };
  await emulator.fault({ kind: "hang" });
  const attempt = await rejection(call({ attemptTimeout: 100 }, (client) => client.getUser(sub)));
  const errors = [
    [attempt, /\(attemptTimeout is 100ms\)/],
    [
      await rejection(call({ apiKey: "another-key" }, (client) => client.getUser(sub))),
      /check apiKey and tenancyId \(401\)/,
    ],
    [await rejection(call({ maxResponseBytes: 1 }, (client) => client.getUser(sub))), /than maxResponseBytes \(1\)/],
    [
      await rejection(call({ endpoint: "http://example.com" }, assert.fail)),
      /^endpoint \(PASSLOCK_ENDPOINT\) .*allowHttp/,
    ],
    [await rejection(call({ tenancyId: "" }, assert.fail)), /^tenancyId \(PASSLOCK_TENANCY_ID\) /],
    [await rejection(passlock.updateUser(sub, {})), /set givenName, familyName or emailVerified/],
  ];
  for (const [error, expected] of errors) {
    assert.match(error.message, expected);
    assert.doesNotMatch(error.message, /[a-z]_[a-z]/);
  }
});

test("settings count wherever an object has them, and are read once", async (context) => {
  const { emulator } = await setUp(context);
  const { sub, token } = await issue(emulator);
  const reads = [];
  class Settings {
    #key = emulator.apiKey;
    get tenancyId() {
      reads.push("tenancyId");
      return emulator.tenancyId;
    }
    get apiKey() {
      reads.push("apiKey");
      return this.#key;
    }
  }
  class More extends Settings {
    endpoint = emulator.endpoint;
    maxRetries = 0;
  }
  const passlock = new Passlock(new More());
  assert.deepEqual(reads.sort(), ["apiKey", "tenancyId"]);
  assert.equal((await passlock.getUser(sub)).sub, sub);

  // A check that is asked for is made, or refused: never dropped.
  const strict = { issuer: "someone-else" };
  for (const options of [
    Object.create(strict),
    new Proxy(strict, {}),
    // A proxy that has its values from elsewhere, as lazy settings do.
    new Proxy({}, { get: (_, name) => strict[name] }),
    Object.assign(Object.create(null), strict),
    Object.defineProperty({}, "issuer", { get: () => "someone-else" }),
    Object.freeze({ ...strict }),
  ]) {
    const error = await rejection(passlock.exchangeToken(token, options));
    assert.deepEqual([error.code, error.claim], ["claims", "iss"], inspect(error));
    const made = new Passlock({ ...emulator.settings, __proto__: options });
    assert.equal((await rejection(made.exchangeToken(token))).claim, "iss");
  }
  const update = Object.create({ givenName: "Grace" });
  assert.equal((await passlock.updateUser(sub, update)).givenName, "Grace");
});

test("arrays and bytes are copied, whoever watches them", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { token } = await issue(emulator);
  // As Vue, MobX and immer hand them over.
  const watched = new Proxy(["email"], {});
  assert.equal((await rejection(passlock.exchangeToken(token, { authTypes: watched }))).claim, "auth_type");
  const authTypes = ["passkey"];
  const client = new Passlock({ ...emulator.settings, authTypes: new Proxy(authTypes, {}) });
  authTypes[0] = "email";
  assert.equal((await client.exchangeToken(token)).authType, "passkey");
  const revoked = Proxy.revocable([], {});
  revoked.revoke();
  assert.ok((await rejection(passlock.exchangeToken(token, { authTypes: revoked.proxy }))) instanceof TypeError);
});

test("an unknown option is named, and one of an array is none", async (context) => {
  const { passlock } = await setUp(context);
  const error = await rejection(passlock.exchangeToken("t", { requireUserVerfied: true }));
  assert.equal(error.code, "config");
  assert.match(error.message, /^unknown option "requireUserVerfied"; expected one of timeout, maxRetries, issuer, /);
  assert.doesNotMatch(error.message, /fixedNow/);
  assert.equal((await rejection(passlock.getUser("u", []))).message, "options must be an object");
  assert.throws(() => new Passlock([]), /options must be an object/);
});

test("what is no object of options is refused, rather than its options dropped", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub, token } = await issue(emulator);
  class Empty {
    #issuer = "someone-else";
    issuerOf() {
      return this.#issuer;
    }
  }
  const strict = [["issuer", "someone-else"]];
  for (const options of [
    new Map(strict),
    new Headers(strict),
    new URLSearchParams(strict),
    // A forgotten `await`.
    Promise.resolve({ issuer: "someone-else" }),
    new Date(),
    new Error("canary"),
    new Empty(),
    new Uint8Array(),
    new Proxy(new Map(strict), {}),
    runInNewContext('new Map([["issuer", "someone-else"]])'),
  ]) {
    for (const call of [() => passlock.exchangeToken(token, options), () => passlock.updateUser(sub, {}, options)]) {
      const error = await rejection(call());
      assert.ok(error instanceof InvalidInputError, inspect(options));
      assert.equal(error.message, "options must be an object that has the options as its properties");
    }
    assert.throws(() => new Passlock(options), { code: "config", message: /^options must be an object that has / });
  }
  // One that has none set is of no concern.
  class Settings {
    get issuer() {
      return undefined;
    }
  }
  for (const options of [{}, Object.create(null), Object.create({}), runInNewContext("({})"), new Settings()]) {
    assert.equal((await passlock.exchangeToken(token, options)).sub, sub);
  }
});

test("a signal in place of the options is refused", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const other = { aborted: true, addEventListener() {}, removeEventListener() {} };
  for (const signal of [AbortSignal.abort(), new AbortController().signal, other]) {
    for (const call of [
      () => passlock.exchangeToken("token", signal),
      () => passlock.getUserWithInfo("u", signal),
      () => passlock.warmUp(signal),
    ]) {
      const error = await rejection(call());
      assert.ok(error instanceof InvalidInputError, inspect(error));
      assert.equal(error.message, "options must be an object: pass a signal as { signal }");
    }
  }
  assert.deepEqual(await emulator.journal(), []);
});

test("settings of one call are checked like those of a client", async (context) => {
  const { emulator, passlock } = await setUp(context);
  for (const [options, code] of [
    [7, "invalid_input"],
    [{ signal: {} }, "invalid_input"],
    [{ signal: "abort" }, "invalid_input"],
    [{ signal: { aborted: false, addEventListener() {} } }, "invalid_input"],
    [{ timeout: "5" }, "config"],
    [{ timeout: Number.NaN }, "config"],
    [{ timeout: 0 }, "config"],
    [{ retries: 1 }, "config"],
  ]) {
    assert.equal((await rejection(passlock.getUser("u", options))).code, code, inspect(options));
  }
  assert.equal((await rejection(passlock.getUser("u", { issuer: "i" }))).code, "config");
  assert.equal((await rejection(passlock.exchangeToken("t", { authTypes: "passkey" }))).code, "config");
  assert.deepEqual(await emulator.journal(), []);

  await emulator.fault({ kind: "hang" });
  const late = await rejection(passlock.getUser("u", { timeout: 100, signal: undefined }));
  assert.deepEqual([late.code, late.limit], ["timeout", "timeout"]);
});

test("a closed client refuses, and what is in flight finishes", async (context) => {
  const { emulator } = await setUp(context);
  const passlock = new Passlock(emulator.settings);
  const { sub } = await emulator.addUser({ email: "ada@example.com" });
  await emulator.fault({ kind: "delay", millis: 200 });
  const inFlight = passlock.getUser(sub);
  passlock.close();
  passlock.close();
  const error = await rejection(passlock.getUser(sub));
  assert.deepEqual([error.code, error.message], ["config", "client is closed"]);
  assert.equal((await inFlight).sub, sub);
});
