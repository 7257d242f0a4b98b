// The package at work with few descriptors, and with none: `descriptors.cjs SUB`. What each step came to is printed.

const { closeSync, openSync } = require("node:fs");
const { Passlock } = require("passlock");

const sub = process.argv.at(-1);
const settings = { maxRetries: 0, timeout: 20_000 };

/** What an act gives, or the code of its error. */
async function outcome(act) {
  try {
    return (await act()).sub === sub ? "user" : "another";
  } catch (error) {
    return error.code;
  }
}

/** Does something while this process can open nothing more. */
async function withoutDescriptors(act) {
  const open = [];
  for (;;) {
    try {
      open.push(openSync("/dev/null"));
    } catch (error) {
      if (error.code !== "EMFILE") throw error;
      break;
    }
  }
  const came = await act();
  for (const descriptor of open) closeSync(descriptor);
  return came;
}

(async () => {
  const steps = [];
  // Nothing of the package is open yet.
  steps.push(await withoutDescriptors(() => outcome(async () => new Passlock(settings).getUser(sub))));
  const passlock = new Passlock(settings);
  steps.push(await withoutDescriptors(() => outcome(() => passlock.getUser(sub))));
  steps.push(await outcome(() => passlock.getUser(sub)));
  // More at once than there are descriptors.
  const many = await Promise.all(Array.from({ length: 200 }, () => outcome(() => passlock.getUser(sub))));
  steps.push([...new Set(many)].sort().join("/"));
  passlock.close();
  closeSync(openSync("/dev/null"));
  steps.push(await outcome(() => new Passlock(settings).getUser(sub)));
  console.log(steps.join(" "));
})();
