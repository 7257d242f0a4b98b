// What applications do with clients and models besides calling them: detach, wrap, spy on, make their own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect, isDeepStrictEqual } from "node:util";
import { InvalidInputError, Passlock, Principal, User } from "passlock";
import { issue, rejection, setUp } from "./support.mjs";

const FIELDS = {
  iss: "https://idp.passlock.dev",
  aud: "tenancy-1",
  sub: "user-1",
  iat: new Date("2026-01-01T00:00:00Z"),
  nbf: new Date("2026-01-01T00:00:00Z"),
  exp: new Date("2026-01-01T00:06:00.5Z"),
  jti: "jti-canary",
  token: "token-canary",
  userVerified: true,
  authType: "passkey",
  authId: "auth-1",
};

test("methods work detached", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub, token } = await issue(emulator);
  const { exchangeToken, getUser, updateUser, exchangeTokenWithInfo, getUserWithInfo, warmUp, close } = passlock;
  await warmUp();
  assert.equal((await exchangeToken(token)).sub, sub);
  assert.deepEqual(
    (await Promise.all([sub, sub].map((one) => getUser(one)))).map((user) => user.sub),
    [sub, sub],
  );
  assert.equal((await updateUser(sub, { givenName: "Grace" })).givenName, "Grace");
  assert.deepEqual(
    [(await exchangeTokenWithInfo(token)).value.sub, (await getUserWithInfo(sub)).value.sub],
    [sub, sub],
  );
  close();
  assert.equal((await rejection(getUser(sub))).code, "config");
});

test("clients work behind a proxy, or as another object's prototype", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub, token } = await issue(emulator);
  // As tracing, reactivity and dependency injection do.
  const deep = {
    get: (target, name, receiver) => {
      const value = Reflect.get(target, name, receiver);
      return typeof value === "object" && value !== null ? new Proxy(value, deep) : value;
    },
  };
  for (const wrapped of [new Proxy(passlock, {}), new Proxy(passlock, deep), Object.create(passlock)]) {
    assert.equal((await wrapped.exchangeToken(token, { signal: new AbortController().signal })).sub, sub);
    assert.equal((await wrapped.getUser(sub)).sub, sub);
    assert.deepEqual([wrapped.tenancyId, wrapped.endpoint], [emulator.tenancyId, emulator.endpoint]);
    assert.ok(wrapped instanceof Passlock);
  }
});

test("a method of the class says what it was called on", async () => {
  const { exchangeToken, getUser, updateUser, updateUserWithInfo, warmUp, close } = Passlock.prototype;
  for (const self of [undefined, null, {}, 7, Object.create(Passlock.prototype)]) {
    for (const [name, method, ...args] of [
      ["exchangeToken", exchangeToken, "token-canary"],
      ["getUser", getUser, "u"],
      ["updateUser", updateUser, "u", { givenName: "A" }],
      ["updateUserWithInfo", updateUserWithInfo, "u", { givenName: "A" }],
      ["warmUp", warmUp],
    ]) {
      const error = await rejection(method.apply(self, args));
      assert.ok(error instanceof InvalidInputError, inspect(error));
      assert.equal(error.message, `${name} was called on something that is not a Passlock client`);
    }
    assert.throws(() => close.call(self), InvalidInputError);
  }
});

test("subclasses and spies have their say, whenever they come", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  class Counting extends Passlock {
    calls = 0;
    async getUser(...args) {
      this.calls++;
      return super.getUser(...args);
    }
  }
  const counting = new Counting(emulator.settings);
  const { getUser } = counting;
  assert.equal((await getUser(sub)).sub, sub);
  assert.equal((await counting.getUser(sub)).sub, sub);
  assert.equal(counting.calls, 2);

  // On the class, after the client was made.
  const mock = context.mock.method(Passlock.prototype, "getUser", async () => User.from({ sub: "m", email: "m@x" }));
  assert.equal((await passlock.getUser(sub)).sub, "m");
  mock.mock.restore();
  assert.equal((await passlock.getUser(sub)).sub, sub);
  // On the client itself.
  context.mock.method(passlock, "getUser", async () => User.from({ sub: "n", email: "n@x" }));
  assert.equal((await passlock.getUser(sub)).sub, "n");
});

test("a client looks as if it had no methods of its own", async (context) => {
  const { passlock } = await setUp(context);
  assert.deepEqual(Object.keys(passlock), ["tenancyId", "endpoint"]);
  assert.equal(Passlock.name, "Passlock");
  assert.deepEqual([Principal.name, User.name], ["Principal", "User"]);
});

test("a principal can be made of its fields", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const principal = Principal.from({ ...FIELDS, givenName: "Ada", familyName: null });
  assert.ok(principal instanceof Principal && Object.isFrozen(principal));
  assert.deepEqual(
    { ...principal, token: principal.token, jti: principal.jti },
    { ...FIELDS, givenName: "Ada", familyName: undefined, email: undefined, emailVerified: undefined },
  );
  assert.ok(!inspect(principal).includes("canary"));
  // A copy: what becomes of the argument is of no concern.
  assert.notEqual(principal.iat, FIELDS.iat);

  // Whatever a call gives comes through JSON and back.
  const real = await passlock.exchangeToken((await issue(emulator)).token);
  const back = Principal.from(JSON.parse(JSON.stringify(real)));
  assert.deepEqual(back, real);
  assert.deepEqual([back.token, back.jti], [real.token, real.jti]);
});

test("a copy of a principal lacks the token and its id, and does not throw", () => {
  const principal = Principal.from(FIELDS);
  const { token: _, jti: __, ...without } = FIELDS;
  // As lodash's `cloneDeep` copies.
  const copy = Object.assign(Object.create(Principal.prototype), principal);
  for (const like of [copy, new Proxy(principal, {}), Object.create(principal)]) {
    assert.deepEqual([like.sub, like.token, like.jti], ["user-1", undefined, undefined]);
    assert.ok(!inspect(like).includes("canary"));
    assert.ok(!JSON.stringify(like).includes("canary"));
  }
  for (const like of [copy, new Proxy(principal, {})]) {
    // As the README says of comparisons.
    assert.ok(isDeepStrictEqual(like, principal));
    assert.deepEqual(JSON.parse(JSON.stringify(like)), JSON.parse(JSON.stringify(without)));
  }
});

test("a user can be made of its fields", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const user = User.from({ sub: "u", email: "a@example.com" });
  assert.ok(user instanceof User && Object.isFrozen(user));
  const expected = {
    sub: "u",
    email: "a@example.com",
    givenName: undefined,
    familyName: undefined,
    emailVerified: false,
  };
  assert.deepEqual({ ...user }, expected);
  const real = await passlock.getUser((await issue(emulator)).sub);
  assert.deepEqual(User.from(JSON.parse(JSON.stringify(real))), real);
});

test("a model of wrong fields is refused by the name of what is wrong", () => {
  const { sub: _, ...without } = FIELDS;
  for (const [fields, says] of [
    [without, /^sub is missing$/],
    [{ ...FIELDS, token: 7 }, /^token must be a string, not number$/],
    [{ ...FIELDS, iat: 1_767_225_600 }, /^iat must be a Date, not number$/],
    [{ ...FIELDS, exp: "soon" }, /^exp must be a valid Date$/],
    [{ ...FIELDS, userVerified: "yes" }, /^userVerified must be a boolean, not string$/],
    [{ ...FIELDS, mail: "x" }, /^unknown field "mail"; expected one of iss, /],
    [null, /^a principal must be an object$/],
    [[], /^a principal must be an object$/],
  ]) {
    assert.throws(
      () => Principal.from(fields),
      (error) => {
        assert.ok(error instanceof InvalidInputError, inspect(error));
        assert.match(error.message, says);
        assert.ok(!inspect(error).includes("canary"));
        return true;
      },
    );
  }
  assert.throws(() => User.from({ sub: "u" }), /email is missing/);
});
