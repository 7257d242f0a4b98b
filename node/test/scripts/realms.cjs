// Loads the package in many realms in turn, as test runners do for each file, and counts those that are freed again.

const { AsyncLocalStorage } = require("node:async_hooks");
const { readFileSync } = require("node:fs");
const vm = require("node:vm");

const [sub, token] = process.argv.slice(2);
const source = readFileSync(require.resolve("passlock"), "utf8");
const script = new vm.Script(`(function (exports, require, module) {${source}\n})`);
const storage = new AsyncLocalStorage();
const turn = () => new Promise((resolve) => setTimeout(resolve, 10));
const REALMS = 20;

/** What the package exports in a realm of its own. Nobody else holds that realm, and what can be collected in it has been. */
async function load(freed) {
  const realm = vm.createContext({ Buffer, process, console, AbortController });
  const module = { exports: {} };
  // Under jest each test, and in a server each request, is a context that holds what it is about.
  storage.run(module, () => script.runInContext(realm)(module.exports, require, module));
  freed.register(vm.runInContext("globalThis", realm));
  await collect();
  return module.exports;
}

async function collect() {
  gc();
  await turn();
}

const USES = {
  loaded() {},
  "with an open client"({ Passlock }) {
    new Passlock();
  },
  async "after a call"({ Passlock }) {
    const passlock = new Passlock();
    await passlock.getUser(sub);
    passlock.close();
  },
  async "after calls at once, one of them aborted"({ Passlock }) {
    const passlock = new Passlock();
    const controller = new AbortController();
    const aborted = passlock.getUser(sub, { signal: controller.signal }).catch(({ name }) => name);
    const calls = Promise.all([passlock.getUser(sub), passlock.getUser(sub)]);
    controller.abort();
    await Promise.all([aborted, calls]);
  },
};

async function main() {
  for (const [name, use] of Object.entries(USES)) {
    let count = 0;
    const freed = new FinalizationRegistry(() => count++);
    for (let i = 0; i < REALMS; i++) {
      await use(await load(freed));
    }
    // The last one may be on the stack still.
    for (let i = 0; i < 200 && count < REALMS - 1; i++) {
      await collect();
    }
    console.log(`${name}: ${count >= REALMS - 1 ? "freed" : `${count} of ${REALMS} freed`}`);
  }
  let result;
  // Nobody holds anything of this realm but the call.
  await (async () => {
    const { Passlock } = await load(new FinalizationRegistry(() => {}));
    new Passlock().exchangeToken(token).then((principal) => {
      result = principal.sub;
    });
  })();
  for (let i = 0; i < 20; i++) {
    await collect();
  }
  const early = result ?? "nothing yet";
  for (let i = 0; i < 500 && result === undefined; i++) {
    await collect();
  }
  console.log(`in flight: ${early}, then ${result}`);
}

main();
