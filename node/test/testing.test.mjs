// How the helper for tests finds the emulator. This file runs in a process of its own: the environment is its.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, after as ended, suite, test } from "node:test";
import { startEmulator } from "passlock/testing";
import { rejection } from "./support.mjs";

suite("the emulator's program", () => {
  const { PASSLOCK_CLI, PATH } = process.env;
  const folder = mkdtempSync(join(tmpdir(), "passlock-"));
  const empty = join(folder, "empty");
  mkdirSync(empty);
  copyFileSync(PASSLOCK_CLI, join(folder, process.platform === "win32" ? "passlock.exe" : "passlock"));
  beforeEach(() => Object.assign(process.env, { PASSLOCK_CLI, PATH }));
  ended(() => {
    Object.assign(process.env, { PASSLOCK_CLI, PATH });
    rmSync(folder, { recursive: true });
  });

  async function starts(tenancyId) {
    const emulator = await startEmulator({ tenancyId });
    assert.equal(emulator.tenancyId, tenancyId);
    await emulator.stop();
  }

  test("is the one that PASSLOCK_CLI names", async () => {
    process.env.PATH = empty;
    await starts("by-variable");
  });

  test("is found on the PATH when PASSLOCK_CLI is not set, or empty", async () => {
    process.env.PATH = folder;
    process.env.PASSLOCK_CLI = "";
    await starts("by-path");
    delete process.env.PASSLOCK_CLI;
    await starts("by-path");
  });

  test("is not looked for on the PATH when PASSLOCK_CLI names another", async () => {
    process.env.PATH = folder;
    process.env.PASSLOCK_CLI = join(empty, "passlock");
    assert.match((await rejection(startEmulator())).message, /no such program/);
  });

  test("is said how to get when there is none", async () => {
    process.env.PATH = empty;
    delete process.env.PASSLOCK_CLI;
    const { message } = await rejection(startEmulator());
    assert.match(message, /cargo install --path crates\/passlock-cli/);
    assert.match(message, /PATH/);
    assert.match(message, /PASSLOCK_CLI/);
  });
});
