// Makes many calls of all kinds, and says what is held before and after them: `node --expose-gc load.mjs SUB TOKEN`

import { readdirSync } from "node:fs";
import { Passlock } from "passlock";

const [sub, token] = process.argv.slice(2);
const passlock = new Passlock();
const { signal } = new AbortController();

async function calls(times) {
  for (let i = 0; i < times; i += 50) {
    await Promise.all(Array.from({ length: 20 }, () => passlock.exchangeToken(token, { signal })));
    for (let j = 0; j < 20; j++) {
      await passlock.getUser(sub);
    }
    for (let j = 0; j < 5; j++) {
      await passlock.exchangeToken("no-such-token").catch(() => {});
      const cancelled = new AbortController();
      const calling = passlock.getUser(sub, { signal: cancelled.signal }).catch(() => {});
      cancelled.abort();
      await calling;
    }
  }
}

async function held() {
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const count = (folder) => (process.platform === "linux" ? readdirSync(folder).length : 0);
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    resident: rss,
    heap: heapUsed + external,
    files: count("/proc/self/fd"),
    threads: count("/proc/self/task"),
    resources: process.getActiveResourcesInfo().length,
  };
}

// Until heaps have the size they need.
await calls(10_000);
const before = await held();
await calls(10_000);
console.log(JSON.stringify({ before, after: await held() }));
