// Under jest: each file has a realm and a module registry of its own, and here fake timers too.

const work = require("../scripts/work.cjs");

const { TEST_SUB: sub, TEST_TOKEN: token } = process.env;

beforeEach(() => jest.useFakeTimers());

test("the package works under fake timers", async () => {
  await work(require("passlock"), sub, token);
});

test("the package works each time that it is loaded anew", async () => {
  for (let time = 0; time < 10; time++) {
    jest.resetModules();
    await work(require("passlock"), sub, token);
  }
});

test("values of another realm are understood", async () => {
  const { runInThisContext } = require("node:vm");
  const { Passlock, PasslockError } = require("passlock");
  // Objects of jest's outer realm, where `instanceof` of this one fails.
  const options = runInThisContext(
    "({ authTypes: ['passkey'], timeout: 20000, signal: new AbortController().signal })",
  );
  expect(options instanceof Object).toBe(false);
  const principal = await new Passlock(runInThisContext("({ maxRetries: 0 })")).exchangeToken(token, options);
  expect(principal.exp).toBeInstanceOf(Date);
  expect(principal.sub).toBe(sub);
  await expect(new Passlock().getUser("..")).rejects.toThrow(PasslockError);
});

test("a mock stands in for the client", async () => {
  const { Passlock, Principal } = require("passlock");
  const passlock = new Passlock();
  const principal = Principal.from({
    ...{
      iss: "i",
      aud: "a",
      sub: "mocked",
      iat: new Date(0),
      nbf: new Date(0),
      exp: new Date(1),
      jti: "j",
      token: "t",
    },
    ...{ userVerified: true, authType: "passkey", authId: "a" },
  });
  // On the class, after the client was made, as applications do for one that a module of theirs holds.
  const spy = jest.spyOn(Passlock.prototype, "exchangeToken").mockResolvedValue(principal);
  expect((await passlock.exchangeToken("t")).sub).toBe("mocked");
  expect(spy).toHaveBeenCalledWith("t");
  spy.mockRestore();
  jest.spyOn(passlock, "exchangeToken").mockResolvedValue(principal);
  expect((await passlock.exchangeToken("t")).sub).toBe("mocked");
});

test("the test helper works under fake timers", async () => {
  const { startEmulator } = require("passlock/testing");
  const emulator = await startEmulator({ tenancyId: "under-jest" });
  expect(emulator.tenancyId).toBe("under-jest");
  await emulator.stop();
  // A limit that no fake clock keeps from passing.
  const { TEST_SILENT: command } = process.env;
  if (command !== undefined) {
    await expect(startEmulator({ command, timeout: 300 })).rejects.toThrow("it was not ready within 300 ms");
  }
});
