// The README's programs, as a user would copy them.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { environment, execute, issue, setUp } from "./support.mjs";

const readme = readFileSync(new URL("README.md", import.meta.resolve("passlock/package.json")), "utf8");

/** The programs below a heading: with their imports, so that they run as they are. */
function programs(heading) {
  const [, section] = readme.split(`\n## ${heading}\n`);
  const [, ...blocks] = section.split("\n## ")[0].split("```js\n");
  return blocks.map((block) => block.split("```")[0]);
}

for (const [heading, says] of [
  ["Start-up", /^$/],
  ["Observability", /^exchange_token: ok, [\d.]+ ms, attempts: 1\n\S+ 1 200 \S+ [\d.]+\n$/],
  ["Testing your application", /^\S+\n$/],
]) {
  test(`the program below "${heading}" does what it says`, async (context) => {
    const { emulator } = await setUp(context);
    const { token } = await issue(emulator);
    const folder = mkdtempSync(fileURLToPath(new URL("readme-", import.meta.url)));
    context.after(() => rmSync(folder, { recursive: true }));
    const [program, ...more] = programs(heading);
    assert.deepEqual(more, []);
    writeFileSync(join(folder, "program.mjs"), program);
    const run = await execute(process.execPath, ["program.mjs", token], { cwd: folder, env: environment(emulator) });
    assert.deepEqual([run.status, run.stderr], [0, ""]);
    assert.match(run.stdout, says);
  });
}

test("warming up that fails lets the program of the README go on", async (context) => {
  const { emulator } = await setUp(context);
  const folder = mkdtempSync(fileURLToPath(new URL("readme-", import.meta.url)));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "program.mjs"), `${programs("Start-up")[0]}\nconsole.log("started");\n`);
  const env = { ...environment(emulator), PASSLOCK_ENDPOINT: "http://127.0.0.1:1" };
  const run = await execute(process.execPath, ["program.mjs"], { cwd: folder, env });
  assert.deepEqual([run.status, run.stdout], [0, "started\n"]);
  assert.match(run.stderr, /^Passlock can't be reached yet: /);
});
