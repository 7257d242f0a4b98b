// A client for `just soak`: makes calls when it is told to, and reports the outcome of each.
// `crates/passlock-soak/README.md` says what it reads and writes. It judges nothing.

import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError, Passlock, PasslockError, Principal } from "passlock";

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const setUp = JSON.parse((await input.next()).value);
const own = setUp.users.length / setUp.at_once;
const any = (most) => Math.floor(Math.random() * most);
let [goes, number] = [false, 0];

const open = () =>
  new Passlock({
    endpoint: setUp.endpoints[any(setUp.endpoints.length)],
    caCertificates: setUp.ca_certificates,
    tenancyId: setUp.tenancy_id,
    apiKey: setUp.api_key,
    timeout: setUp.timeout * 1000,
    attemptTimeout: setUp.attempt_timeout * 1000,
    connectTimeout: setUp.connect_timeout * 1000,
  });

let client = open();

/** The next call of a caller. */
function nextTask(caller) {
  const { sub, token } = setUp.users[caller * own + any(own)];
  const [chance, mark] = [Math.random(), number++];
  if (chance < 0.4) return { operation: "exchange_token", argument: token };
  if (chance < 0.6) return { operation: "get_user", argument: sub };
  if (chance < 0.9) return { operation: "update_user", argument: sub, name: `name-${mark}` };
  return { operation: "get_user", argument: `missing-${mark}` };
}

function call({ operation, argument, name }, signal) {
  if (operation === "exchange_token") return client.exchangeToken(argument, { signal });
  if (name !== undefined) return client.updateUser(argument, { givenName: name }, { signal });
  return client.getUser(argument, { signal });
}

function ended(result, signal) {
  if (result instanceof Principal) return { ended: "ok", sub: result.sub, token: result.token };
  if (result instanceof ConfigError && result.message.includes("closed")) return { ended: "closed" };
  if (result instanceof PasslockError) return { ended: result.kind, attempts: result.attempts };
  if (signal.aborted && result === signal.reason) return { ended: "cancelled" };
  if (result instanceof Error) return { ended: result.stack };
  return { ended: "ok", sub: result.sub, given_name: result.givenName ?? null };
}

async function calls(caller) {
  while (goes) {
    if (any(300) === 0) {
      // Some are closed, and some are forgotten.
      if (any(2) === 0) client.close();
      client = open();
    }
    const [task, controller] = [nextTask(caller), new AbortController()];
    let began = performance.now();
    const abort = () => {
      began = performance.now();
      controller.abort();
    };
    const timer = any(10) === 0 ? setTimeout(abort, any(150)) : undefined;
    const result = await call(task, controller.signal).catch((error) => error);
    clearTimeout(timer);
    tell({ ...task, ...ended(result, controller.signal), seconds: (performance.now() - began) / 1000 });
  }
}

function tell(what) {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

let underWay;
for await (const line of { [Symbol.asyncIterator]: () => input }) {
  goes = line === "go";
  if (goes) {
    underWay = Promise.all(Array.from({ length: setUp.at_once }, (_, caller) => calls(caller)));
  } else {
    await underWay;
    client.close();
    client = open();
    for (let i = 0; i < 3; i++) {
      await sleep(50);
      globalThis.gc();
    }
    tell({ resting: true });
  }
}
