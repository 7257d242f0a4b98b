import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { environment, eventually, execute, issue, setUp } from "./support.mjs";

const linux = process.platform === "linux";
const here = fileURLToPath(new URL(".", import.meta.url));

/** Runs a script in a process of its own, where nothing may reach the last resort. */
function script(emulator, body, flags = []) {
  const source = `
    for (const event of ["uncaughtException", "unhandledRejection"]) {
      process.on(event, (error) => { console.error(event, error); process.exit(70); });
    }
    const { Passlock } = require("passlock");
    const passlock = new Passlock({ maxRetries: 0 });
    ${body}`;
  return execute(process.execPath, [...flags, "-e", source], { env: environment(emulator), cwd: here });
}

suite("processes", () => {
  test("end by themselves after the last call, and not before", async (context) => {
    const { emulator } = await setUp(context);
    const { sub } = await issue(emulator);
    await emulator.fault({ kind: "delay", millis: 500 });
    const run = await script(
      emulator,
      `process.on("exit", () => console.log("exit"));
       passlock.getUser("${sub}").then((user) => console.log(user.email));`,
    );
    assert.deepEqual(run, { status: 0, signal: null, stdout: "ada@example.com\nexit\n", stderr: "" });
  });

  test("end at once when they are told to, also with calls in flight", async (context) => {
    const { emulator } = await setUp(context);
    await emulator.fault({ kind: "hang" }, { times: 1000 });
    for (const end of ["process.exit(3)", "process.kill(process.pid, 'SIGTERM')", "process.reallyExit(3)"]) {
      const run = await script(
        emulator,
        `for (let i = 0; i < 20; i++) passlock.getUser("u" + i).catch(() => {});
         setTimeout(() => { ${end} }, 100);`,
      );
      assert.deepEqual([run.status ?? run.signal, run.stderr], [end.includes("kill") ? "SIGTERM" : 3, ""]);
    }
  });

  test("end without a call, also when a client is kept", async (context) => {
    const { emulator } = await setUp(context);
    const run = await script(emulator, "globalThis.kept = passlock;");
    assert.deepEqual([run.status, run.stderr], [0, ""]);
  });

  test("end when the last call was aborted", async (context) => {
    const { emulator } = await setUp(context);
    await emulator.fault({ kind: "hang" });
    const run = await script(
      emulator,
      `passlock.getUser("u", { signal: AbortSignal.timeout(100) }).catch((error) => console.log(error.name));`,
    );
    assert.deepEqual(run, { status: 0, signal: null, stdout: "TimeoutError\n", stderr: "" });
  });

  test("survive what kills those of other clients", async (context) => {
    const { emulator } = await setUp(context);
    await emulator.fault({ kind: "reset" }, { times: 2 });
    const run = await script(
      emulator,
      `(async () => {
        const calls = [passlock.getUser("u"), passlock.exchangeToken("t")];
        for (const endpoint of ["http://127.0.0.1:1", "https://no-such-host.invalid", "https://127.0.0.1:1"]) {
          calls.push(new Passlock({ endpoint, maxRetries: 0 }).exchangeToken("t"));
        }
        const codes = (await Promise.allSettled(calls)).map(({ reason }) => reason.code);
        console.log(codes.join());
      })();`,
    );
    assert.deepEqual(run, {
      status: 0,
      signal: null,
      stdout: `${Array(5).fill("connection").join()}\n`,
      stderr: "",
    });
  });

  test("100 in turn end cleanly", { timeout: 120_000 }, async (context) => {
    const { emulator } = await setUp(context);
    const { sub } = await issue(emulator);
    // Some end with calls in flight, some while a call's outcome is on its way.
    const body = `passlock.getUser("${sub}").then(() => { if (process.argv[1] === "early") process.exit(0); });
      if (process.argv[1] === "at-once") process.exit(0);`;
    for (let i = 0; i < 100; i += 4) {
      const runs = await Promise.all(
        ["late", "early", "at-once", "late"].map((when) =>
          execute(
            process.execPath,
            ["-e", `const { Passlock } = require("passlock"); const passlock = new Passlock(); ${body}`, when],
            { env: environment(emulator), cwd: here },
          ),
        ),
      );
      for (const run of runs) {
        assert.deepEqual(run, { status: 0, signal: null, stdout: "", stderr: "" });
      }
    }
  });

  test("a client that nobody holds frees its connections", { skip: !linux }, async (context) => {
    const { emulator } = await setUp(context);
    const { sub } = await issue(emulator);
    const run = await script(
      emulator,
      `(async () => {
        const open = () => require("node:fs").readdirSync("/proc/self/fd").length;
        await passlock.getUser("${sub}");
        const before = open();
        for (let i = 0; i < 30; i++) await new Passlock().getUser("${sub}");
        for (let i = 0; i < 100 && open() > before; i++) {
          gc();
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        console.log(open() - before);
      })();`,
      ["--expose-gc"],
    );
    assert.deepEqual([run.stdout, run.stderr], ["0\n", ""]);
  });
});

suite("realms", () => {
  test("are freed with the package in them, but not while a call is in flight", {
    timeout: 120_000,
  }, async (context) => {
    const { emulator } = await setUp(context);
    const { sub, token } = await issue(emulator);
    await emulator.fault({ kind: "delay", millis: 2000 }, { operation: "exchange_token" });
    const script = fileURLToPath(new URL("scripts/realms.cjs", import.meta.url));
    const run = await execute(process.execPath, ["--expose-gc", script, sub, token], { env: environment(emulator) });
    const freed = ["loaded", "with an open client", "after a call", "after calls at once, one of them aborted"];
    const lines = [...freed.map((use) => `${use}: freed`), `in flight: nothing yet, then ${sub}`, ""];
    assert.deepEqual([run.stdout.split("\n"), run.stderr], [lines, ""]);
  });
});

suite("worker threads", () => {
  const source = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { Passlock } = require("passlock");
    const passlock = new Passlock({ ...workerData.settings, timeout: 300_000, attemptTimeout: 300_000 });
    (async () => {
      for (let i = 0; i < workerData.calls; i++) await passlock.getUser(workerData.sub);
      const all = await Promise.all(Array.from({ length: 20 }, () => passlock.getUser(workerData.sub)));
      parentPort.postMessage(all.length);
      // It lives until it is told that it has been looked at.
      if (workerData.wait) parentPort.once("message", () => {});
      if (workerData.hang) passlock.getUser(workerData.sub);
    })();`;

  /** A worker; `ended` is its exit code, or the error that it ended with. */
  function start(workerData) {
    const worker = new Worker(source, { eval: true, workerData });
    const answered = new Promise((resolve) => worker.once("message", resolve));
    const ended = new Promise((resolve) => {
      worker.once("error", resolve);
      worker.once("exit", resolve);
    });
    return { worker, answered, ended };
  }

  test("call and end by themselves, many at once and many in turn", async (context) => {
    const { emulator, passlock } = await setUp(context);
    const { sub } = await issue(emulator);
    for (let round = 0; round < 5; round++) {
      const workers = Array.from({ length: 4 }, () => start({ settings: emulator.settings, sub, calls: 20 }));
      for (const { answered, ended } of workers) {
        assert.deepEqual([await answered, await ended], [20, 0]);
      }
      assert.equal((await passlock.getUser(sub)).sub, sub);
    }
  });

  test("end with calls in flight, which end too", async (context) => {
    const { emulator, passlock } = await setUp(context);
    const { sub } = await issue(emulator);
    for (let round = 0; round < 10; round++) {
      await emulator.reset();
      await emulator.addUser({ email: "ada@example.com", sub });
      // The worker makes 21 calls that are answered, and one more.
      await emulator.fault({ kind: "delay", millis: 0 }, { times: 21 });
      await emulator.fault({ kind: "hang" });
      const { worker, answered } = start({ settings: emulator.settings, sub, calls: 1, hang: true });
      await answered;
      const hangs = async () => (await emulator.journal()).at(-1).fault === "hang";
      await eventually(hangs, "the last request's arrival");
      await worker.terminate();
      const ended = async () => (await emulator.journal()).at(-1).outcome === "clientClosed";
      await eventually(ended, "the end of the worker's call");
    }
    assert.equal((await passlock.getUser(sub)).sub, sub);
  });

  test("take the calls' thread along when they were the only ones", { skip: !linux }, async (context) => {
    const { emulator } = await setUp(context);
    const { sub } = await issue(emulator);
    const run = await execute(
      process.execPath,
      ["-e", SOLE_WORKER.replace("SOURCE", JSON.stringify(source)).replace("SUB", sub)],
      { env: environment(emulator), cwd: here },
    );
    assert.deepEqual(run, { status: 0, signal: null, stdout: "0 1 0\n0 1 0\n", stderr: "" });
  });
});

/** Loads the package in a worker alone, twice in turn, and counts the threads before, meanwhile and after. */
const SOLE_WORKER = `
  const { readdirSync, readFileSync } = require("node:fs");
  const { Worker } = require("node:worker_threads");
  const threads = () => readdirSync("/proc/self/task").filter((task) => {
    try { return readFileSync("/proc/self/task/" + task + "/comm", "utf8").trim() === "passlock"; } catch { return false; }
  }).length;
  (async () => { for (let i = 0; i < 2; i++) {
    const counts = [threads()];
    const workerData = { settings: {}, sub: "SUB", calls: 1, wait: true };
    const worker = new Worker(SOURCE, { eval: true, workerData });
    await new Promise((resolve) => worker.once("message", () => { counts.push(threads()); worker.postMessage("go"); resolve(); }));
    await new Promise((resolve) => worker.once("exit", resolve));
    counts.push(threads());
    console.log(counts.join(" "));
  } })();`;
