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

test("Deno's own OpenTelemetry has the spans of calls", async (context) => {
  const { emulator } = await setUp(context);
  const { sub, token } = await issue(emulator);
  const [command, ...flags] = runtimes.Deno;
  const tracing = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "console" };
  const env = { ...environment(emulator), ...tracing, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const run = await execute(command, [...flags, "scripts/smoke.mjs", sub, token], { env, cwd: here });
  assert.equal(run.status, 0, run.stderr);
  const said = run.stdout + run.stderr;
  assert.match(said, /GET \/\{tenancyId\}\/user\/\{sub\}.*get_user.*passlock\.attempts/s);
  assert.ok(!said.includes(token) && !said.includes(emulator.apiKey), said);
});
