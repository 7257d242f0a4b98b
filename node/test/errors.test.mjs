import assert from "node:assert/strict";
import { before, after as ended, suite, test } from "node:test";
import { inspect } from "node:util";
import * as passlockModule from "passlock";
import { ApiError, Passlock, PasslockError, Principal } from "passlock";
import { startEmulator } from "passlock/testing";
import { eventually, issue, KEY, rejection } from "./support.mjs";

const {
  BadRequestError,
  ClaimsError,
  ConfigError,
  ForbiddenError,
  InternalError,
  InvalidInputError,
  NotFoundError,
  PasslockConnectionError,
  PasslockTimeoutError,
  ProtocolError,
  RateLimitedError,
  ServerError,
  UnauthorizedError,
} = passlockModule;

suite("errors", () => {
  let emulator;
  let client;
  /** Nobody listens there: no system gives the port to a program that asks for any free one. */
  const refused = "http://127.0.0.1:1";

  before(async () => {
    emulator = await startEmulator({ tenancyId: "tenancy-1", apiKey: KEY });
    client = (options) => new Passlock({ ...emulator.settings, maxRetries: 0, ...options });
  });
  ended(() => emulator.stop());

  const status = (number, more) => ({ kind: "status", status: number, ...more });
  /** One way to each kind. */
  const ways = {
    config: [ConfigError, (c) => c({ timeout: -1 })],
    invalid_input: [InvalidInputError, (c) => c().getUser("..")],
    unauthorized: [UnauthorizedError, (c) => c({ apiKey: "another-key" }).getUser("u")],
    forbidden: [ForbiddenError, (c) => c().getUser("u"), status(403)],
    not_found: [NotFoundError, (c) => c().exchangeToken("no-such-token")],
    rate_limited: [RateLimitedError, (c) => c().getUser("u"), status(429)],
    bad_request: [BadRequestError, (c) => c().getUser("u"), status(418)],
    server: [ServerError, (c) => c().getUser("u"), status(500)],
    timeout: [PasslockTimeoutError, (c) => c({ timeout: 200 }).getUser("u"), { kind: "hang" }],
    connection: [PasslockConnectionError, (c) => c({ endpoint: refused }).getUser("u")],
    protocol: [ProtocolError, (c) => c().getUser("u"), { kind: "garbage" }],
    claims: [ClaimsError, async (c) => c({ issuer: "someone-else" }).exchangeToken((await issue(emulator)).token)],
    internal: [InternalError, (c) => whileItPanics(() => c().getUser("u"))],
  };

  /** Makes a call while the native half throws, as it does where it has panicked. */
  function whileItPanics(call) {
    const { prototype } = platformPackage().Client;
    const { begin } = prototype;
    prototype.begin = () => {
      throw new Error("panic-canary");
    };
    try {
      return call();
    } finally {
      prototype.begin = begin;
    }
  }

  const API = ["unauthorized", "forbidden", "not_found", "rate_limited", "bad_request", "server"];

  test("every kind has its class", async () => {
    // All that the native half can say, so that a new kind can't be lost.
    const kinds = platformPackage().errorKinds();
    assert.deepEqual(Object.keys(ways), kinds);
    for (const kind of kinds) {
      const [type, way, fault] = ways[kind];
      await emulator.reset();
      if (fault !== undefined) {
        await emulator.fault(fault);
      }
      const error = await rejection((async () => way(client))());
      assert.equal(error.constructor, type, inspect(error));
      assert.ok(error instanceof PasslockError && error instanceof Error);
      assert.equal(error instanceof ApiError, API.includes(kind), kind);
      assert.equal(error.name, type.name);
      assert.equal(passlockModule[error.name], type);
      assert.deepEqual([error.code, error.kind], [kind, kind]);
      assert.ok(error.stack.startsWith(`${type.name}: ${error.message}\n`), error.stack);
      assert.ok(error.message.length > 10 && !error.message.includes("\n"));
    }
  });

  test("an error has all that is known", async () => {
    await emulator.reset();
    await emulator.fault(
      status(503, {
        headers: { "retry-after": "7", "x-request-id": "request-1" },
        body: '{"_tag":"InternalServerError","message":"m","detail":"d"}',
      }),
    );
    const error = await rejection(client({ timeout: 5000 }).getUser("u"));
    assert.deepEqual(
      { ...error },
      {
        operation: "get_user",
        status: 503,
        tag: "InternalServerError",
        detail: "d",
        requestId: "request-1",
        retryAfter: 7000,
        attempts: 1,
        retryable: true,
        applied: false,
        suggestedStatus: 503,
        isLoginRefused: false,
      },
    );

    await emulator.configure({ patchAnswer: "empty" });
    const { sub } = await issue(emulator);
    await emulator.fault(status(500), { operation: "get_user" });
    const applied = await rejection(client().updateUser(sub, { givenName: "A" }));
    assert.deepEqual([applied.code, applied.applied, applied.attempts], ["server", true, 2]);

    await emulator.reset();
    const claims = await rejection(client().exchangeToken((await issue(emulator)).token, { authTypes: ["email"] }));
    assert.deepEqual([claims.code, claims.claim], ["claims", "auth_type"]);

    const hinted = await rejection(client({ endpoint: `${emulator.endpoint}/nowhere` }).getUser("u"));
    assert.deepEqual([hinted.code, hinted.hint], ["not_found", "wrong_endpoint"]);

    const refusal = await rejection(client({ endpoint: refused }).getUser("u"));
    assert.equal(typeof refusal.cause, "string");
    assert.match(inspect(refusal), /\[cause\]: '/);
  });

  test("the stack shows who called", async () => {
    async function whoeverCalls() {
      await client().exchangeToken("no-such-token");
    }
    const error = await rejection(whoeverCalls());
    assert.match(error.stack, /at async whoeverCalls/);
    const early = await rejection(
      (async function another() {
        await client().exchangeToken("");
      })(),
    );
    assert.match(early.stack, /another/);
  });

  // What each fault of the emulator becomes.
  const faults = [
    [status(500), "server"],
    [{ kind: "delay", millis: 50 }, undefined],
    [{ kind: "hang" }, "timeout"],
    [{ kind: "stall" }, "timeout"],
    [{ kind: "stallHead" }, "timeout"],
    [{ kind: "drip", millisPerByte: 100 }, "timeout"],
    [{ kind: "reset" }, "connection"],
    [{ kind: "resetAfterHead" }, "connection"],
    [{ kind: "truncate" }, "connection"],
    [{ kind: "garbage" }, "protocol"],
    [{ kind: "endless" }, "protocol"],
    [{ kind: "endlessHead" }, "protocol"],
    [{ kind: "closeIdle" }, undefined],
    [{ kind: "redirect", location: "http://elsewhere.test/" }, "protocol"],
  ];
  for (const [fault, code] of faults) {
    test(`a fault: ${fault.kind}`, async () => {
      await emulator.reset();
      const { token } = await issue(emulator);
      await emulator.fault(fault);
      const calling = client({ timeout: 500 }).exchangeToken(token);
      if (code === undefined) {
        assert.ok((await calling) instanceof Principal);
      } else {
        const error = await rejection(calling);
        assert.equal(error.code, code, inspect(error));
        assert.equal(error.limit, code === "timeout" ? "timeout" : undefined);
      }
      // And the connection is no longer in the middle of anything.
      const last = async () => (await emulator.journal()).at(-1).outcome !== "pending";
      await eventually(last, `the end of ${fault.kind}`);
      assert.equal((await emulator.journal()).length, 1);
    });
  }

  test("names that mean nothing and peers that speak no TLS are errors", async () => {
    const settings = { tenancyId: "t", apiKey: "any-api-key", timeout: 4000, maxRetries: 0 };
    const unknown = await rejection(
      new Passlock({ ...settings, endpoint: "https://no-such-host.invalid" }).getUser("u"),
    );
    assert.equal(unknown.code, "connection", inspect(unknown));
    const plain = emulator.endpoint.replace("http:", "https:");
    const tls = await rejection(new Passlock({ ...settings, endpoint: plain }).getUser("u"));
    assert.equal(tls.code, "connection", inspect(tls));
  });

  test("repeats are counted", async () => {
    await emulator.reset();
    await emulator.fault(status(503), { times: 2 });
    const { sub } = await issue(emulator);
    const user = await client({ maxRetries: 2 }).getUser(sub);
    assert.equal(user.sub, sub);
    assert.equal((await emulator.journal()).length, 3);
  });

  test("errors can be made by hand, for the tests of an application", () => {
    const error = new RateLimitedError("slow down", { retryAfter: 10, status: undefined });
    assert.deepEqual(
      { ...error },
      {
        attempts: 0,
        retryable: false,
        applied: false,
        retryAfter: 10,
        suggestedStatus: 503,
        isLoginRefused: false,
      },
    );
    assert.ok(error instanceof ApiError);
    assert.equal(error.code, "rate_limited");
  });

  test("errors made by hand or by the package suggest what those of a call do", async () => {
    const operation = "exchange_token";
    for (const [error, ...expected] of [
      [new NotFoundError("gone", { operation }), 401, true],
      [new NotFoundError("gone", { operation: "get_user" }), 404, false],
      [new NotFoundError("gone", { operation, hint: "wrong_endpoint" }), 500, false],
      [new ForbiddenError("no", { operation, tag: "Disabled" }), 403, true],
      [new ForbiddenError("no", { operation }), 500, false],
      [new NotFoundError("gone", { suggestedStatus: 410, isLoginRefused: false }), 410, false],
      [new PasslockError("of no kind", { operation: 7 }), 500, false],
      // Refused before the native half hears of it.
      [await rejection(client().exchangeToken(7)), 401, true],
      [await rejection(client().getUser(7)), 400, false],
      [await rejection(client().exchangeToken("t", { issuer: 7 })), 500, false],
    ]) {
      assert.deepEqual([error.suggestedStatus, error.isLoginRefused], expected, inspect(error));
    }
  });
});

function platformPackage() {
  const { createRequire } = process.getBuiltinModule("node:module");
  const require = createRequire(import.meta.url);
  const { optionalDependencies } = require("passlock/package.json");
  return require(Object.keys(optionalDependencies)[0]);
}
