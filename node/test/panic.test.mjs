// A panic of the native half is a rejection. Runs against a second build, which has what provokes one: see run-tests.

import assert from "node:assert/strict";
import { copyFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { environment, execute, issue, setUp } from "./support.mjs";

const require = createRequire(import.meta.url);
const modules = dirname(dirname(require.resolve("passlock/package.json")));

const SCRIPT = `
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (error) => { console.error(event, error); process.exit(70); });
  }
  const { Passlock } = require("passlock");
  // The same module that the package has loaded.
  const native = require(process.argv[2]);
  const { begin, panicInCall, panicAtOnce } = native.Client.prototype;
  (async () => {
    const passlock = new Passlock();
    // The operations, but with a panic in their place.
    native.Client.prototype.begin = function (id, operation) {
      return operation === "exchange_token" ? panicInCall.call(this, id) : panicAtOnce.call(this);
    };
    const inCall = await passlock.exchangeToken("token").catch((error) => error);
    const many = await Promise.allSettled(Array.from({ length: 100 }, () => passlock.exchangeToken("token")));
    const atOnce = await passlock.getUser("sub").catch((error) => error);
    Object.assign(native.Client.prototype, { begin });
    const user = await passlock.getUser(process.argv[1]);
    console.log(JSON.stringify({
      inCall: [inCall.code, inCall.message, inCall.cause],
      many: [...new Set(many.map(({ reason }) => reason.code))],
      atOnce: [atOnce.code, atOnce.message],
      user: user.email,
    }));
  })();`;

test("a panic is a rejection, and the process lives on", async (context) => {
  const { emulator } = await setUp(context);
  const { sub } = await issue(emulator);
  const folder = mkdtempSync(join(tmpdir(), "passlock-"));
  context.after(() => rmSync(folder, { recursive: true }));
  cpSync(modules, join(folder, "node_modules"), { recursive: true });
  const { optionalDependencies } = require("passlock/package.json");
  const [platform] = Object.keys(optionalDependencies);
  copyFileSync(process.env.PASSLOCK_TEST_HOOKS, join(folder, "node_modules", platform, "passlock.node"));

  const env = { ...environment(emulator), RUST_BACKTRACE: "full" };
  const run = await execute(process.execPath, ["-e", SCRIPT, sub, platform], { cwd: folder, env });
  assert.deepEqual([run.status, run.stderr], [0, ""], run.stderr);
  const { inCall, many, atOnce, user } = JSON.parse(run.stdout);
  assert.equal(inCall[0], "internal");
  assert.match(inCall[1], /internal error in the Passlock SDK; please report this bug/);
  assert.match(inCall[2], /^a panic at .*test_hooks\.rs:\d+/);
  assert.deepEqual(many, ["internal"]);
  assert.equal(atOnce[0], "internal");
  assert.equal(user, "ada@example.com");
  assert.ok(!run.stdout.includes("panic-canary"));
});
