// What must work in every runtime, by `import`: a runtime that is not Node runs this file.

import { createRequire } from "node:module";
import { inspect } from "node:util";
import * as esm from "passlock";

const cjs = createRequire(import.meta.url)("passlock");
const { Passlock, NotFoundError, PasslockError } = esm;
const [sub, token] = process.argv.slice(-2);
const passlock = new Passlock({ maxRetries: 0 });
const check = (holds, what) => {
  if (!holds) throw new Error(`it does not hold: ${what}`);
};

const principal = await passlock.exchangeToken(token);
check(principal.sub === sub && principal.exp instanceof Date, "exchange");
check((await passlock.getUser(sub)).email === "ada@example.com", "get");
check((await passlock.updateUser(sub, { familyName: "L" })).familyName === "L", "update");

const error = await passlock.exchangeToken("no-such-token").catch((error) => error);
check(error instanceof NotFoundError && error instanceof cjs.PasslockError, "error classes");
check(error.code === "not_found" && error.status === 404 && error.stack.includes("NotFoundError"), "error fields");
check(cjs.Passlock === Passlock && cjs.PasslockError === PasslockError, "one set of classes");
check((await passlock.getUser(7).catch((error) => error)).code === "invalid_input", "types");

for (const shown of [inspect(principal), inspect(passlock), inspect(error)]) {
  check(!shown.includes(token) && !shown.includes(process.env.PASSLOCK_API_KEY), `nothing hidden in ${shown}`);
}

const controller = new AbortController();
const calling = passlock.getUser(sub, { signal: controller.signal }).catch((error) => error);
controller.abort("reason");
check((await calling) === "reason", "abort");

const many = await Promise.all(Array.from({ length: 100 }, () => passlock.getUser(sub)));
check(
  many.every((user) => user.sub === sub),
  "many at once",
);
passlock.close();
check((await passlock.getUser(sub).catch((error) => error)).code === "config", "close");
console.log("all of it holds");
