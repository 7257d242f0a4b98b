// Hosts that lack something, or have too much of it: wake-ups, descriptors, environment variables, workers that end.

import assert from "node:assert/strict";
import { copyFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { environment, execute, issue, setUp } from "../support.mjs";
import { HERE, TOOLS } from "./hosts.mjs";

const require = createRequire(import.meta.url);
const posix = process.platform !== "win32";

test("a wake-up that is lost is sent again", async (context) => {
  const { emulator } = await setUp(context);
  const { sub } = await issue(emulator);
  // No answer is there before it is waited for.
  await emulator.fault({ kind: "delay", millis: 50 }, { times: 100 });
  // A build that can lose them: see run-tests.
  const folder = mkdtempSync(join(tmpdir(), "passlock-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const modules = dirname(dirname(require.resolve("passlock/package.json")));
  cpSync(modules, join(folder, "node_modules"), { recursive: true });
  const [platform] = Object.keys(require("passlock/package.json").optionalDependencies);
  copyFileSync(process.env.PASSLOCK_TEST_HOOKS, join(folder, "node_modules", platform, "passlock.node"));
  cpSync(join(HERE, "scripts/lost.cjs"), join(folder, "lost.cjs"));

  const run = await execute(process.execPath, ["lost.cjs", platform, sub], { cwd: folder, env: environment(emulator) });
  assert.deepEqual(run, { status: 0, signal: null, stdout: "all of it holds\n", stderr: "" });
});

test("20 loops of 5,000 awaited calls under Deno", { timeout: 400_000 }, async (context) => {
  // Nothing else is on its loop: a wake-up that it loses is not made good by another event.
  const { emulator } = await setUp(context);
  const { sub } = await issue(emulator);
  const env = { ...environment(emulator), DENO_NO_UPDATE_CHECK: "1" };
  const args = ["run", "--allow-all", "--no-lock", "--node-modules-dir=manual", "scripts/loop.mjs", sub, "5000"];
  for (let loop = 0; loop < 20; loop++) {
    const run = await execute(`${TOOLS}/deno`, args, { env, cwd: HERE });
    assert.deepEqual(run, { status: 0, signal: null, stdout: "5000 answers\n", stderr: "" }, `loop ${loop}`);
  }
});

test("a lack of descriptors is an error, and passes", { skip: !posix }, async (context) => {
  const { emulator } = await setUp(context);
  const { sub } = await issue(emulator);
  const limited = ["-c", 'ulimit -n 64 && exec "$@"', "bash", process.execPath, "scripts/descriptors.cjs", sub];
  const run = await execute("bash", limited, { env: environment(emulator), cwd: HERE });
  assert.deepEqual([run.status, run.stderr], [0, ""]);
  assert.match(run.stdout, /^config connection user connection\/user user\n$/);
});

test("variables that others take to heart change nothing", async (context) => {
  const { emulator } = await setUp(context);
  const { sub, token } = await issue(emulator);
  const hostile = {
    HOME: "/nonexistent",
    TMPDIR: "/nonexistent",
    LANG: "xx_XX.nonsense",
    LC_ALL: "xx_XX.nonsense",
    TZ: "Nowhere/Land",
    RUST_LOG: "trace",
    RUST_BACKTRACE: "full",
    RUST_MIN_STACK: "1",
    TOKIO_WORKER_THREADS: "0",
    UV_THREADPOOL_SIZE: "1",
    SSLKEYLOGFILE: "/nonexistent/keys",
    // For this machine no proxy is asked, unless it is a setting.
    HTTP_PROXY: "http://127.0.0.1:1",
    HTTPS_PROXY: "http://127.0.0.1:1",
    ALL_PROXY: "socks5://127.0.0.1:1",
  };
  const run = await execute(process.execPath, ["scripts/work.cjs", sub, token], {
    env: { ...environment(emulator), ...hostile },
    cwd: HERE,
  });
  assert.deepEqual(run, { status: 0, signal: null, stdout: "all of it holds\n", stderr: "" });
});

test("workers that end in the midst of calls harm no other", { timeout: 120_000 }, async (context) => {
  const { emulator } = await setUp(context);
  const { sub } = await issue(emulator);
  const run = await execute(process.execPath, ["scripts/workers.cjs", sub], { env: environment(emulator), cwd: HERE });
  assert.deepEqual(run, { status: 0, signal: null, stdout: "all of it holds\n", stderr: "" });
});
