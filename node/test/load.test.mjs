import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { environment, execute, issue, setUp } from "./support.mjs";

test("10,000 calls leave nothing behind", { timeout: 300_000 }, async (context) => {
  const { emulator } = await setUp(context);
  const { token, sub } = await issue(emulator);
  const script = fileURLToPath(new URL("scripts/load.mjs", import.meta.url));
  // V8 lets its young generation grow with the work, which looks like a leak: here it may not.
  const flags = ["--expose-gc", "--max-semi-space-size=1"];
  const run = await execute(process.execPath, [...flags, script, sub, token], { env: environment(emulator) });
  assert.deepEqual([run.status, run.stderr], [0, ""]);
  const { before, after } = JSON.parse(run.stdout);

  const grown = (of) => (after[of] - before[of]) / 10_000;
  console.log(`bytes that a call leaves: ${grown("heap")} on the heap, ${grown("resident")} resident`);
  assert.ok(grown("heap") < 50 && grown("resident") < 600, run.stdout);
  assert.equal(after.resources, before.resources);
  assert.equal(after.threads, before.threads);
  assert.ok(after.files <= before.files + 20, run.stdout);

  const connections = new Set((await emulator.journal()).slice(-5000).map(({ connection }) => connection));
  // One that was cancelled may cost its connection; the others share 20.
  assert.ok(connections.size <= 5000 / 10 + 50, `${connections.size} connections`);
});

test("calls in turn share one connection", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  for (let i = 0; i < 1000; i++) {
    await passlock.getUser(sub);
  }
  assert.equal(new Set((await emulator.journal()).map(({ connection }) => connection)).size, 1);
});
