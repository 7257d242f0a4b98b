// All that a server does with the package, written in syntax alone: whatever the host has made of the language's own
// functions, only the package can trip over it. `node work.cjs SUB TOKEN`, or with `--require` of what is hostile before.

const { AbortController, Error: Failure } = globalThis;
const { hasOwn } = Object;

module.exports = async function work({ Passlock, NotFoundError, InvalidInputError, Principal }, sub, token) {
  const passlock = new Passlock({ maxRetries: 0, authTypes: ["passkey"], appInfo: "app", headers: { "x-app": "a" } });
  const { signal } = new AbortController();

  const principal = await passlock.exchangeToken(token, { signal, timeout: 20_000 });
  check(principal instanceof Principal && principal.sub === sub && principal.token === token, "exchange");
  check((await passlock.getUser(sub)).email === "ada@example.com", "get");
  check((await passlock.updateUser(sub, { familyName: "L" }, { signal })).familyName === "L", "update");

  check((await passlock.warmUp()) === undefined, "warm up");
  const { value, info } = await passlock.getUserWithInfo(sub, { maxRetries: 1 });
  check(value.sub === sub && info.attempts === 1 && info.status === 200 && info.elapsed > 0, "info");

  const unknown = await rejection(passlock.exchangeToken("no-such-token", { signal }));
  check(unknown instanceof NotFoundError && unknown.code === "not_found" && unknown.status === 404, "not found");
  check(unknown.hint === undefined && unknown.applied === false && !hasOwn(unknown, "cause"), "what is not known");
  // Refused in the turn that makes the call.
  check((await rejection(passlock.getUser("..", { signal }))) instanceof InvalidInputError, "refused at once");
  check((await rejection(passlock.getUser(7, { signal }))) instanceof InvalidInputError, "refused before that");

  const controller = new AbortController();
  const calling = passlock.getUser(sub, { signal: controller.signal });
  controller.abort("reason");
  check((await rejection(calling)) === "reason", "abort");

  // As polyfills from before there were reasons.
  const bare = { aborted: true, addEventListener() {}, removeEventListener() {} };
  check((await rejection(passlock.getUser(sub, { signal: bare }))).name === "AbortError", "abort without a reason");

  // More than one, settled together.
  const first = passlock.getUser(sub);
  const second = passlock.getUser(sub, { signal });
  check((await first).sub === sub && (await second).sub === sub, "two at once");
  passlock.close();
  check((await rejection(passlock.getUser(sub))).code === "config", "closed");
};

function check(holds, what) {
  if (!holds) throw new Failure(`it does not hold: ${what}`);
}

async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Failure("it was not rejected");
}

if (require.main === module) {
  const [, , sub, token] = process.argv;
  module.exports(require("passlock"), sub, token).then(() => console.log("all of it holds"));
}
