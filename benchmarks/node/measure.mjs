// What every Node client of the benchmarks prints about itself. Loaded first: the clock of the import starts here.

import { readFileSync } from "node:fs";

export const TENANCY = "tenancy-1";
export const KEY = "a-key-of-the-usual-length-0123456789";
export const TOKEN = "EpVzO2wfpqEDcs3ChKWJ1m9rDc8OtCE6";
export const HEADERS = { authorization: `Bearer ${KEY}`, accept: "application/json" };
/** Milliseconds, as much as ours has by default. */
export const TIMEOUT = 30_000;
export const POOL = 64;

const began = process.hrtime.bigint();
let wasImported = began;

/** To be called when the library is loaded. */
export function imported() {
  wasImported = process.hrtime.bigint();
}

/** How every client is started, in every language. */
export function readArguments() {
  const given = new Map();
  for (let at = 2; at < process.argv.length; at += 2) {
    given.set(process.argv[at], process.argv[at + 1]);
  }
  const number = (name, otherwise) => Number(given.get(name) ?? otherwise);
  const endpoint = given.get("--endpoint");
  const file = given.get("--ca");
  return {
    endpoint,
    url: `${endpoint}/${TENANCY}/token/${TOKEN}`,
    path: `/${TENANCY}/token/${TOKEN}`,
    warmUp: number("--warm-up", 200),
    calls: number("--calls", 2000),
    atOnce: number("--at-once", 1),
    ca: file === undefined ? undefined : readFileSync(file, "utf8"),
    started: given.has("--started") ? BigInt(given.get("--started")) : undefined,
  };
}

/** One call, or what opens a connection ahead, for each line of standard input: how long it took, in microseconds. */
async function onDemand(call, warmUp) {
  const { createInterface } = await import("node:readline");
  for await (const line of createInterface({ input: process.stdin })) {
    const does = line === "call" ? call : warmUp;
    if (does === undefined) {
      console.log("none");
      continue;
    }
    const start = process.hrtime.bigint();
    try {
      await does();
      console.log(String((process.hrtime.bigint() - start) / 1000n));
    } catch {
      console.log("failed");
    }
  }
}

/** Makes calls one after another, or that many at once; with none to make, one for each line that asks for it. */
export async function run({ warmUp, calls, atOnce, started }, call, openAhead) {
  if (calls === 0) {
    await onDemand(call, openAhead);
    return;
  }
  async function work(count) {
    const latencies = [];
    for (let made = 0; made < count; made++) {
      const start = process.hrtime.bigint();
      await call();
      latencies.push(Number(process.hrtime.bigint() - start));
    }
    return latencies;
  }
  async function all(count) {
    const workers = Array.from({ length: atOnce }, () => work(Math.floor(count / atOnce)));
    return (await Promise.all(workers)).flat();
  }

  await call();
  const answered = process.hrtime.bigint();
  await all(warmUp);
  const [cpu, wall] = [process.cpuUsage(), process.hrtime.bigint()];
  const latencies = await all(calls);
  const [spent, end] = [process.cpuUsage(cpu), process.hrtime.bigint()];
  const count = latencies.length;
  latencies.sort((a, b) => a - b);
  const part = (of) => latencies[Math.floor((count - 1) * of)] / 1e3;
  const micros = (from, to) => Number(to - from) / 1e3;
  const figures = {
    calls: count,
    cpu_us: (spent.user + spent.system) / count,
    wall_us: micros(wall, end) / count,
    p50_us: part(0.5),
    p99_us: part(0.99),
    rss_kib: peakKib(),
    import_us: micros(began, wasImported),
    ready_us: micros(began, answered),
    start_us: started === undefined ? null : micros(started, answered),
  };
  console.log(JSON.stringify(figures));
}

function peakKib() {
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
}
