// Workers that end in the midst of calls, each in another way: `workers.cjs SUB`

const { Worker } = require("node:worker_threads");
const { Passlock } = require("passlock");

const sub = process.argv.at(-1);
const ENDS = {
  terminated: "",
  exited: "setTimeout(() => process.exit(), 5);",
  thrown: "setTimeout(() => { throw new Error('thrown'); }, 5);",
  settling: "passlock.getUser(workerData).then(() => process.exit());",
};
const source = (end) => `
  const { parentPort, workerData } = require("node:worker_threads");
  const { Passlock } = require("passlock");
  const passlock = new Passlock();
  const { signal } = new AbortController();
  (async () => {
    for (;;) await Promise.allSettled(Array.from({ length: 20 }, () => passlock.getUser(workerData, { signal })));
  })();
  parentPort.postMessage("calling");
  ${end}`;

(async () => {
  const passlock = new Passlock();
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      Object.entries(ENDS).map(async ([name, end]) => {
        const worker = new Worker(source(end), { eval: true, workerData: sub });
        worker.on("error", () => {});
        const ended = new Promise((resolve) => worker.once("exit", resolve));
        // Not by `once` of node:events: what a worker throws may overtake its message, and would reject that.
        await Promise.race([ended, new Promise((resolve) => worker.once("message", resolve))]);
        if (name === "terminated") await worker.terminate();
        await ended;
      }),
    );
    if ((await passlock.getUser(sub)).sub !== sub) throw new Error("it is another one");
  }
  console.log("all of it holds");
})();
