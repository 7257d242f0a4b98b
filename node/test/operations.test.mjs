import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { DEFAULT_ENDPOINT, InvalidInputError, Passlock, Principal, User, V1_ENDPOINT } from "passlock";
import { environment, execute, issue, KEY, rejection, setUp } from "./support.mjs";

test("a token is exchanged for a principal", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub } = await emulator.addUser({
    email: "ada@example.com",
    givenName: "Ada",
    familyName: "Lovelace",
    emailVerified: true,
  });
  const issued = await emulator.issueToken({ sub, authType: "google", userVerified: true });
  const principal = await passlock.exchangeToken(issued.token);
  assert.ok(principal instanceof Principal);
  assert.equal(principal.sub, sub);
  assert.equal(principal.aud, "tenancy-1");
  assert.equal(principal.authType, "google");
  assert.equal(principal.userVerified, true);
  assert.equal(principal.token, issued.token);
  assert.ok(principal.iss.length > 0 && principal.jti.length > 0 && principal.authId.length > 0);
  assert.deepEqual(
    [principal.givenName, principal.familyName, principal.email, principal.emailVerified],
    ["Ada", "Lovelace", "ada@example.com", true],
  );
  assert.deepEqual(principal.exp, issued.exp);
  assert.ok(principal.iat instanceof Date && principal.nbf instanceof Date);
  assert.ok(Math.abs(principal.iat.getTime() - Date.now()) < 60_000);
  assert.equal(principal.exp - principal.iat, 360_000);

  const [request] = await emulator.journal();
  assert.equal(request.method, "GET");
  assert.equal(request.path, `/tenancy-1/token/${issued.token}`);
  assert.match(request.headers["user-agent"], /^passlock-node\/\d+\.\d+\.\d+$/);
});

test("a principal is frozen and keeps its credentials to those who ask for them", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { token } = await issue(emulator);
  const principal = await passlock.exchangeToken(token);
  assert.ok(Object.isFrozen(principal));
  assert.throws(() => {
    principal.sub = "other";
  }, TypeError);
  for (const shown of [
    inspect(principal),
    inspect({ principal }, { depth: 9 }),
    inspect(principal, { customInspect: false, showHidden: true }),
    String(principal),
    JSON.stringify({ ...principal }),
    inspect(structuredClone(principal)),
  ]) {
    assert.ok(!shown.includes(token) && !shown.includes(principal.jti), shown);
  }
  assert.match(inspect(principal), /^Principal \{/);
  assert.equal(inspect([[[principal]]], { depth: 2 }), "[ [ [ [Principal] ] ] ]");
  const json = JSON.parse(JSON.stringify(principal));
  assert.deepEqual([json.token, json.jti, json.exp], [token, principal.jti, principal.exp.toISOString()]);
  assert.deepEqual(await passlock.exchangeToken(token), principal);
});

test("what a user does not have is undefined", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub, token } = await issue(emulator, { email: "bob@example.com" });
  const principal = await passlock.exchangeToken(token);
  assert.equal(principal.givenName, undefined);
  assert.equal(principal.familyName, undefined);
  const user = await passlock.getUser(sub);
  assert.deepEqual(
    { ...user },
    { sub, email: "bob@example.com", givenName: undefined, familyName: undefined, emailVerified: false },
  );
  assert.ok(user instanceof User && Object.isFrozen(user));
});

test("a user is changed, whatever the answer to the change looks like", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  for (const patchAnswer of ["wrapped", "bare", "empty"]) {
    await emulator.configure({ patchAnswer });
    const user = await passlock.updateUser(sub, {
      givenName: patchAnswer,
      familyName: "",
      emailVerified: null,
    });
    assert.deepEqual([user.givenName, user.familyName, user.emailVerified], [patchAnswer, "", false]);
  }
  const patches = (await emulator.journal()).filter((request) => request.method === "PATCH");
  assert.deepEqual(
    patches.map((request) => JSON.parse(request.body)),
    ["wrapped", "bare", "empty"].map((givenName) => ({ givenName, familyName: "" })),
  );
});

test("an update is refused by the name of what is wrong with it", async (context) => {
  const { emulator, passlock } = await setUp(context);
  for (const [update, says] of [
    [{ email: "eve@example.com" }, /^`email` can't be changed/],
    [{ givenname: "Ada" }, /^`givenname` is not a field of an update; its fields are givenName, /],
    [{ givenName: undefined }, /^the update is empty/],
    [{}, /^the update is empty/],
    [{ givenName: 7 }, /^givenName must be a string, not number/],
    [{ familyName: "\ud800" }, /^familyName is not valid Unicode/],
    [{ emailVerified: "yes" }, /^emailVerified must be a boolean, not string/],
    [null, /must be an object/],
    ["Ada", /must be an object/],
  ]) {
    const error = await rejection(passlock.updateUser("user-1", update));
    assert.ok(error instanceof InvalidInputError, inspect(error));
    assert.match(error.message, says);
    assert.equal(error.operation, "update_user");
  }
  assert.deepEqual(await emulator.journal(), []);
});

test("a printed client shows no key", async (context) => {
  const { emulator, passlock } = await setUp(context);
  assert.equal(inspect(passlock), `Passlock { tenancyId: 'tenancy-1', endpoint: '${emulator.endpoint}' }`);
  for (const shown of [
    inspect(passlock, { showHidden: true, depth: 9, customInspect: false }),
    JSON.stringify(passlock),
    String(passlock),
  ]) {
    assert.ok(!shown.includes(KEY), shown);
  }
});

test("the environment stands behind what is given", async (context) => {
  const { emulator } = await setUp(context);
  const script = `
    const { Passlock } = require("passlock");
    console.log(new Passlock().tenancyId, new Passlock({ tenancyId: "given", apiKey: undefined }).tenancyId);`;
  const { status, stdout, stderr } = await execute(process.execPath, ["-e", script], {
    env: environment(emulator),
  });
  assert.deepEqual([status, stdout, stderr], [0, "tenancy-1 given\n", ""]);
  assert.equal(new Passlock({ tenancyId: "t", apiKey: "any-api-key" }).endpoint, DEFAULT_ENDPOINT);
  assert.equal(new Passlock({ tenancyId: "t", apiKey: "any-api-key", endpoint: V1_ENDPOINT }).endpoint, V1_ENDPOINT);
});

test("256 calls at once each get their own answer", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const users = await Promise.all(
    Array.from({ length: 256 }, (_, i) => emulator.addUser({ email: `u${i}@example.com` })),
  );
  const read = await Promise.all(users.map(({ sub }) => passlock.getUser(sub)));
  assert.deepEqual(
    read.map((user) => user.email),
    users.map((user) => user.email),
  );
});
