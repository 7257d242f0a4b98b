// Hosts that deploy what they think an application needs, and nothing else.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { nodeFileTrace } from "@vercel/nft";
import { environment, eventually, execute, issue, setUp } from "../support.mjs";
import { HERE, TOOLS } from "./hosts.mjs";

const require = createRequire(import.meta.url);
const home = dirname(require.resolve("passlock/package.json"));
/** The folder of the packages under test, and that of the tools above it. */
const consumer = dirname(dirname(home));

/** A folder of its own, which is gone after the test. */
function folder(context) {
  const path = mkdtempSync(join(tmpdir(), "passlock-"));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

test("the files that a tracer finds are enough", async (context) => {
  const { emulator } = await setUp(context);
  const { sub, token } = await issue(emulator);
  for (const script of ["test/scripts/smoke.mjs", "test/scripts/smoke.cjs"]) {
    const { fileList } = await nodeFileTrace([join(consumer, script)], { base: consumer });
    assert.ok(![...fileList].some((file) => file.includes("opentelemetry")));
    const deployed = folder(context);
    for (const file of fileList) {
      mkdirSync(dirname(join(deployed, file)), { recursive: true });
      cpSync(join(consumer, file), join(deployed, file));
    }
    const run = await execute(process.execPath, [script, sub, token], { cwd: deployed, env: environment(emulator) });
    assert.deepEqual([run.status, run.stdout, run.stderr], [0, "all of it holds\n", ""]);
  }
});

test("a tracer finds every platform's package", () => {
  const source = readFileSync(join(home, "dist/index.js"), "utf8");
  const literal = [...source.matchAll(/require\("(passlock-[^"]+)"\)/g)].map(([, name]) => name);
  assert.deepEqual(literal, [
    "passlock-darwin-arm64",
    "passlock-darwin-x64",
    "passlock-linux-arm64-gnu",
    "passlock-linux-arm64-musl",
    "passlock-linux-x64-gnu",
    "passlock-linux-x64-musl",
    "passlock-win32-x64-msvc",
  ]);
  assert.doesNotMatch(source, /require\([^"]/);
});

suite("a standalone build of Next.js has the native module", () => {
  test("by turbopack", { timeout: 300_000 }, (context) => deploys(context, "turbopack"));
  test("by webpack", { timeout: 300_000 }, (context) => deploys(context, "webpack"));
});

async function deploys(context, builder) {
  const { emulator } = await setUp(context);
  const { sub, token } = await issue(emulator);
  const app = join(HERE, "next");
  const root = dirname(dirname(TOOLS));
  const env = { ...environment(emulator), TEST_ROOT: root, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
  const built = await execute(`${TOOLS}/next`, ["build", `--${builder}`], { cwd: app, env, limit: 240_000 });
  assert.equal(built.status, 0, built.stdout + built.stderr);

  // Away from here, where no folder above has a node_modules.
  const deployed = folder(context);
  cpSync(join(app, ".next/standalone"), deployed, { recursive: true });
  const server = readdirSync(deployed, { recursive: true }).find((file) =>
    /(?<!node_modules.*)next.server\.js$/.test(file),
  );
  const port = await freePort();
  const running = spawn(process.execPath, [join(deployed, server)], {
    cwd: deployed,
    env: { ...env, PORT: String(port), HOSTNAME: "127.0.0.1" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  context.after(() => running.kill("SIGKILL"));
  const login = () =>
    fetch(`http://127.0.0.1:${port}/api/login?token=${token}`, { headers: { connection: "close" } }).catch(
      () => undefined,
    );
  const answer = await eventually(login, "the server's answer");
  assert.deepEqual([answer.status, await answer.json()], [200, { sub }]);
}

async function freePort() {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
