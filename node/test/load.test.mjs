import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { issue, rejection, setUp } from "./support.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

const linux = process.platform === "linux";

/** What a leak would make grow. */
async function held() {
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const count = (folder) => (linux ? readdirSync(folder).length : 0);
  return {
    rss,
    heap: heapUsed + external,
    files: count("/proc/self/fd"),
    threads: count("/proc/self/task"),
    resources: process.getActiveResourcesInfo().length,
  };
}

test("10,000 calls leave nothing behind", { timeout: 300_000 }, async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { token, sub } = await issue(emulator);
  const controller = new AbortController();
  const calls = async (times) => {
    for (let i = 0; i < times; i += 50) {
      await Promise.all(Array.from({ length: 20 }, () => passlock.exchangeToken(token, { signal: controller.signal })));
      for (let j = 0; j < 20; j++) {
        await passlock.getUser(sub);
      }
      for (let j = 0; j < 5; j++) {
        await rejection(passlock.exchangeToken("no-such-token"));
        const cancelled = new AbortController();
        const calling = rejection(passlock.getUser(sub, { signal: cancelled.signal }));
        cancelled.abort();
        await calling;
      }
    }
  };
  await calls(2000);
  const before = await held();
  await calls(10_000);
  const after = await held();

  assert.equal(after.resources, before.resources);
  assert.ok(after.files <= before.files + 20, `open files: ${before.files}, then ${after.files}`);
  assert.ok(after.threads <= before.threads, `threads: ${before.threads}, then ${after.threads}`);
  const grown = (after.heap - before.heap) / 10_000;
  assert.ok(grown < 100, `${grown} bytes a call on the heap`);
  const resident = (after.rss - before.rss) / 10_000;
  assert.ok(resident < 800, `${resident} bytes a call resident`);

  const connections = new Set((await emulator.journal()).slice(-8000).map(({ connection }) => connection));
  // Cancelled calls cost theirs; the others share 20.
  assert.ok(connections.size < 1400, `${connections.size} connections`);
});

test("calls in turn share one connection", async (context) => {
  const { emulator, passlock } = await setUp(context);
  const { sub } = await issue(emulator);
  for (let i = 0; i < 1000; i++) {
    await passlock.getUser(sub);
  }
  assert.equal(new Set((await emulator.journal()).map(({ connection }) => connection)).size, 1);
});
