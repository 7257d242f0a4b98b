// The same scripts under every runtime that this package promises. Their binaries come with npm: see run-tests.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { environment, execute, issue, setUp } from "./support.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const TOOLS = process.env.PASSLOCK_TEST_TOOLS;

const runtimes = {
  "this Node": [process.execPath],
  "a newer Node": [`${TOOLS}/node`],
  Bun: [`${TOOLS}/bun`, "run"],
  Deno: [`${TOOLS}/deno`, "run", "--allow-all", "--no-lock", "--node-modules-dir=manual"],
};

for (const [name, [command, ...flags]] of Object.entries(runtimes)) {
  suite(name, () => {
    for (const script of ["smoke.mjs", "smoke.cjs", "observed.mjs"]) {
      test(script, async (context) => {
        const { emulator } = await setUp(context);
        const { sub, token } = await issue(emulator);
        const env = { ...environment(emulator), DENO_NO_UPDATE_CHECK: "1" };
        const run = await execute(command, [...flags, `scripts/${script}`, sub, token], { env, cwd: here });
        assert.equal(run.stdout, "all of it holds\n", run.stderr);
        assert.deepEqual([run.status, run.stderr], [0, ""]);
      });
    }
  });
}
