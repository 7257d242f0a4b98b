// How the helper for tests finds the emulator. This file runs in a process of its own: the environment is its.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, after as ended, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { EmulatorError, startEmulator } from "passlock/testing";
import { eventually, rejection } from "./support.mjs";

suite("the emulator's program", () => {
  const { PASSLOCK_CLI, PATH } = process.env;
  const folder = mkdtempSync(join(tmpdir(), "passlock-"));
  const empty = join(folder, "empty");
  mkdirSync(empty);
  copyFileSync(PASSLOCK_CLI, join(folder, process.platform === "win32" ? "passlock-cli.exe" : "passlock-cli"));
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
    process.env.PASSLOCK_CLI = join(empty, "passlock-cli");
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

suite("the package passlock-cli", { skip: process.platform === "win32" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "passlock-"));
  const modules = join(folder, "node_modules");
  const missing = { ...process.env, PASSLOCK_CLI: join(folder, "missing") };
  ended(() => rmSync(folder, { recursive: true }));

  // As npm lays them out: this package, the command's, and the one with the program for this platform.
  const platform = [
    "passlock-cli",
    process.platform,
    process.arch,
    ...(process.platform === "linux" ? ["gnu"] : []),
  ].join("-");
  cpSync(dirname(dirname(fileURLToPath(import.meta.resolve("passlock")))), join(modules, "passlock"), {
    recursive: true,
  });
  cpSync(fileURLToPath(new URL("../../../cli", import.meta.url)), join(modules, "passlock-cli"), { recursive: true });
  mkdirSync(join(modules, platform));
  writeFileSync(join(modules, platform, "package.json"), "{}");
  const program = join(modules, platform, "passlock-cli");
  symlinkSync(process.env.PASSLOCK_CLI, program);

  /** Runs node there; gives its status, or what ended it, and what it printed. */
  async function node(args, { input = "", started = (_child) => {}, env = missing } = {}) {
    const child = spawn(process.execPath, args, { cwd: folder, env });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        printed += text;
        started(child, printed);
      });
    }
    if (input !== null) {
      child.stdin.end(input);
    }
    const [code, signal] = await once(child, "close");
    return { ended: code ?? signal, printed };
  }

  const start = `require("passlock/testing").startEmulator({ tenancyId: "packaged" })
    .then((emulator) => { console.log(emulator.tenancyId); return emulator.stop(); })
    .catch((error) => { console.log(error.message); });`;

  test("goes before PASSLOCK_CLI and the PATH", async () => {
    assert.deepEqual(await node(["-e", start]), { ended: 0, printed: "packaged\n" });
  });

  test("is as none when its program is not for this platform", async (context) => {
    rmSync(program);
    context.after(() => symlinkSync(process.env.PASSLOCK_CLI, program));
    assert.match((await node(["-e", start])).printed, /missing emulate\) can't be started: there is no such program/);
    const { ended, printed } = await node([join(modules, "passlock-cli", "bin.js"), "demo"]);
    assert.equal(ended, 1);
    assert.match(printed, /passlock-cli is not installed for \w+ \w+\. Install it again/);
  });

  test("is said to be an .exe on Windows", async () => {
    const windows = 'Object.defineProperty(process, "platform", { value: "win32" });';
    const refused =
      'require("node:child_process").spawn = () => { throw Object.assign(new Error("spawn EINVAL"), { code: "EINVAL" }); };';
    for (const [script, why] of [
      [windows, /there is no such program\. .* On Windows it must be passlock-cli\.exe/],
      [windows + refused, /spawn EINVAL\. On Windows it must be passlock-cli\.exe/],
    ]) {
      assert.match((await node(["-e", script + start])).printed, why);
    }
  });

  test("runs the program with its arguments, streams and status", async () => {
    const bin = join(modules, "passlock-cli", "bin.js");
    const { version } = JSON.parse(readFileSync(join(modules, "passlock-cli", "package.json"), "utf8"));
    assert.deepEqual(await node([bin, "--version"]), { ended: 0, printed: `passlock-cli ${version}\n` });
    const wrong = await node([bin, "no-such-command"]);
    assert.equal(wrong.ended, 2);
    assert.match(wrong.printed, /no-such-command/);
  });

  // Several at once, told as soon as they are ready: one that does not listen yet would die, and leave its program behind.
  test("ends the program when it is told to end", { timeout: 60_000 }, async () => {
    const bin = join(modules, "passlock-cli", "bin.js");
    // Whether it responds: another emulator, which may listen on the same port as soon as this one has ended, refuses the key.
    const responds = async ({ endpoint, tenancyId, apiKey }) => {
      const headers = { authorization: `Bearer ${apiKey}` };
      const response = await fetch(`${endpoint}/${tenancyId}/user/nobody`, { headers }).catch(() => undefined);
      return response?.status === 404;
    };
    const ends = async (signal) => {
      let emulator;
      let responded;
      const ready = (child, printed) => {
        if (emulator === undefined && printed.includes("\n")) {
          emulator = JSON.parse(printed);
          responded = responds(emulator).finally(() => child.kill(signal));
        }
      };
      const { ended } = await node([bin, "emulate", "--json", "--exit-with-stdin"], {
        input: null,
        started: ready,
      });
      assert.equal(ended, 0, signal);
      assert.equal(await responded, true);
      assert.equal(await responds(emulator), false, signal);
    };
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(["SIGTERM", "SIGINT", "SIGTERM", "SIGINT", "SIGTERM", "SIGINT"].map(ends));
    }
  });
});

suite("failures", () => {
  const check = (error, message) => {
    assert.ok(error instanceof EmulatorError, inspect(error));
    assert.match(error.message, message);
    assert.ok(error.cause instanceof Error, inspect(error));
  };

  test("of a stopped emulator are EmulatorErrors", async () => {
    const emulator = await startEmulator();
    await emulator.stop();
    for (const [call, message] of [
      [() => emulator.addUser({ email: "ada@example.com" }), /^POST users of the Passlock emulator failed: /],
      [() => emulator.issueToken({ sub: "u" }), /^POST tokens of /],
      [() => emulator.fault({ kind: "hang" }), /^POST faults of /],
      [() => emulator.advance(1), /^POST clock of /],
      [() => emulator.configure({}), /^POST behaviour of /],
      [() => emulator.reset(), /^POST reset of /],
      [() => emulator.journal(), /^GET journal of /],
    ]) {
      check(await rejection(call()), message);
    }
    await emulator.stop();
  });

  test("of settings that no start accepts are EmulatorErrors", async () => {
    for (const timeout of [-1, Number.POSITIVE_INFINITY, Number.NaN, "5"]) {
      check(
        await rejection(startEmulator({ timeout })),
        /can't be started: timeout must be 0 or more milliseconds, not /,
      );
    }
    check(await rejection(startEmulator({ command: "passlock\0cli" })), /can't be started: /);
    check(await rejection(startEmulator({ tenancyId: "a\0b" })), /can't be started: /);
  });
});

suite("a program that is not the emulator", { skip: process.platform === "win32" }, () => {
  /** Starts a program of that source in the emulator's place, and checks that it is gone, and all that it has started. */
  async function fails(context, source, options = {}) {
    const folder = mkdtempSync(join(tmpdir(), "passlock-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const command = join(folder, "passlock-cli");
    const pids = join(folder, "pids");
    const script = `#!${process.execPath}
      const fs = require("node:fs");
      // It does not end when it is asked to, and has started another that neither does.
      process.on("SIGTERM", () => {});
      const { pid } = require("node:child_process").spawn("sleep", ["600"], { stdio: "inherit" });
      fs.writeFileSync(${JSON.stringify(pids)}, process.pid + " " + pid);
      setInterval(() => {}, 1000);
      ${source}`;
    writeFileSync(command, script, { mode: 0o755 });
    const started = Date.now();
    const error = await rejection(startEmulator({ command, ...options }));
    assert.ok(error instanceof EmulatorError && error.name === "EmulatorError");
    const { message } = error;
    const took = Date.now() - started;
    const gone = (pid) => {
      try {
        process.kill(pid, 0);
        // A child that nobody has waited for yet is there, but no process any more.
        return process.platform === "linux" && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
      } catch {
        return true;
      }
    };
    for (const pid of readFileSync(pids, "utf8").split(" ")) {
      await eventually(() => gone(Number(pid)), `the end of ${pid}`);
    }
    return { message, took };
  }

  test("is ended when it says nothing for 10 s", { timeout: 60_000 }, async (context) => {
    const { message, took } = await fails(context, "");
    assert.match(message, /it was not ready within 10000 ms/);
    assert.ok(took < 12_000, `${took} ms`);
  });

  test("is ended at a limit of your own", async (context) => {
    const drip = await fails(context, 'setInterval(() => process.stdout.write("."), 50);', { timeout: 1500 });
    assert.match(drip.message, /it was not ready within 1500 ms/);
    assert.ok(drip.took < 3500, `${drip.took} ms`);
  });

  test("is named when it says something else", async (context) => {
    for (const source of [
      'console.log("passlock-cli 2.0: unknown command emulate");',
      "console.log(JSON.stringify({ version: 2 }));",
      "console.log(null);",
    ]) {
      assert.match((await fails(context, source)).message, /this is not the Passlock SDK's program: set PASSLOCK_CLI/);
    }
  });

  test("is ended when its first line has no end", async (context) => {
    assert.match(
      (await fails(context, 'process.stdout.write("x".repeat(100_000));')).message,
      /first line is too long/,
    );
  });

  for (const [name, health, message] of [
    ["is found out when what answers is not the emulator", '{"status":"ok"}', /not the Passlock SDK's program/],
    ["is named when it is of another version", '{"version":"9.9.9","protocol":2}', /a different version \(9\.9\.9\)/],
  ]) {
    test(name, async (context) => {
      const other = createServer((_, response) => response.end(health));
      await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
      context.after(() => other.close());
      const endpoint = `http://127.0.0.1:${other.address().port}`;
      const ready = JSON.stringify({ endpoint, tenancyId: "t", apiKey: "k", control: `${endpoint}/_emulator` });
      assert.match((await fails(context, `console.log(${JSON.stringify(ready)});`)).message, message);
    });
  }

  test("is quoted when it ends by itself", async (context) => {
    const { message } = await fails(context, 'console.error("no such command"); process.exit(3);');
    assert.match(message, /it ended with 3: no such command/);
  });
});
