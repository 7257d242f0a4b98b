// Calls whose host loses the first wake-ups: `lost.cjs PLATFORM SUB`, with a native half that can be told to.

const { Bridge } = require(process.argv[2]);
const { Passlock } = require("passlock");

const sub = process.argv[3];
const { cancel } = Bridge.prototype;

(async () => {
  // The bridge that the package uses shows itself when a call is aborted.
  let bridge;
  Bridge.prototype.cancel = function (id) {
    bridge = this;
    return cancel.call(this, id);
  };
  const passlock = new Passlock();
  const controller = new AbortController();
  const aborted = passlock.getUser(sub, { signal: controller.signal }).catch(() => {});
  controller.abort();
  await aborted;

  for (const lost of [0, 1, 2, 0, 1, 2]) {
    bridge.loseWakeups(lost);
    const { sub: answered } = await passlock.getUser(sub);
    if (answered !== sub) throw new Error("it is another one");
    if (lost > 0 && bridge.wakeupsToLose() === lost) throw new Error("none was lost");
  }
  console.log("all of it holds");
})();
