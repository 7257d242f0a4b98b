// Hosts that have changed the language: polluted prototypes, replaced functions, fake timers, frozen intrinsics.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { environment, execute, issue, setUp } from "../support.mjs";
import { HERE, TOOLS } from "./hosts.mjs";

const HOLDS = { status: 0, signal: null, stdout: "all of it holds\n", stderr: "" };

/** Runs a script here, in a process of its own, against an emulator of its own. */
async function run(context, flags, command = process.execPath) {
  const { emulator } = await setUp(context);
  const { sub, token } = await issue(emulator);
  return execute(command, [...flags, sub, token], { env: environment(emulator), cwd: HERE });
}

suite("polluted prototypes", () => {
  for (const when of ["before", "after"]) {
    test(`from ${when} the package loads`, async (context) => {
      assert.deepEqual(await run(context, ["scripts/polluted.cjs", when]), HOLDS);
    });
  }
});

suite("replaced functions", () => {
  test("nothing that throws now is called", async (context) => {
    assert.deepEqual(await run(context, ["scripts/replaced.cjs"]), HOLDS);
  });

  for (const when of ["before", "after"]) {
    test(`fake timers of sinon, from ${when} the package loads`, async (context) => {
      assert.deepEqual(await run(context, ["scripts/sinon.cjs", when]), HOLDS);
    });
  }
});

suite("hardened runtimes", () => {
  for (const flags of [
    ["--disallow-code-generation-from-strings"],
    ["--disable-proto=delete"],
    ["--disable-proto=throw"],
    ["--frozen-intrinsics", "--no-warnings"],
  ]) {
    test(flags[0], async (context) => {
      assert.deepEqual(await run(context, [...flags, "scripts/work.cjs"]), HOLDS);
    });
  }

  test("frozen by hand", async (context) => {
    assert.deepEqual(await run(context, ["--require", "./scripts/frozen.cjs", "scripts/work.cjs"]), HOLDS);
  });
});

suite("calls that are observed", () => {
  for (const flags of [
    ["scripts/polluted.cjs", "before"],
    ["scripts/polluted.cjs", "after"],
    ["scripts/replaced.cjs"],
    ["--disable-proto=throw", "scripts/work.cjs"],
    ["--frozen-intrinsics", "--no-warnings", "scripts/work.cjs"],
  ]) {
    test(`observed: ${flags.slice(0, 2).join(" ")}`, async (context) => {
      assert.deepEqual(await run(context, ["--require", "./scripts/observing.cjs", ...flags]), HOLDS);
    });
  }
});

suite("test runners", () => {
  /** Runs a test runner in a folder here, which gets what to work with by variables. */
  async function runner(context, command, args) {
    const { emulator } = await setUp(context);
    const { sub, token } = await issue(emulator);
    const env = { ...environment(emulator), TEST_SUB: sub, TEST_TOKEN: token, CI: "true", NO_COLOR: "1" };
    delete env.NODE_TEST_CONTEXT;
    if (process.platform !== "win32") {
      const folder = mkdtempSync(join(tmpdir(), "passlock-"));
      context.after(() => rmSync(folder, { recursive: true }));
      env.TEST_SILENT = join(folder, "silent");
      writeFileSync(env.TEST_SILENT, "#!/bin/sh\nexec sleep 60\n", { mode: 0o755 });
    }
    const ended = await execute(`${TOOLS}/${command}`, args, { env, cwd: HERE });
    assert.equal(ended.status, 0, ended.stdout + ended.stderr);
    return ended.stdout + ended.stderr;
  }

  test("jest, with fake timers", async (context) => {
    const config = JSON.stringify({ testEnvironment: "node", transform: {} });
    const said = await runner(context, "jest", ["--rootDir=jest", "--ci", "--no-cache", "--config", config]);
    assert.match(said, /Tests: +5 passed, 5 total/);
  });

  test("vitest, with fake timers", async (context) => {
    // Only its threads can fake all of them.
    const said = await runner(context, "vitest", ["run", "--root=vitest", "--pool=threads"]);
    assert.match(said, /Tests +2 passed \(2\)/);
  });
});
