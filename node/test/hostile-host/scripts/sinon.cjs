// The package at work under sinon's fake timers, all that there are, from before it loads or from after that:
// `node sinon.cjs before|after SUB TOKEN`. No time passes.

const sinon = require("sinon");
const work = require("./work.cjs");

const [, , when, sub, token] = process.argv;

const early = when === "after" ? require("passlock") : undefined;
const clock = sinon.useFakeTimers({
  toFake: [
    ...["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "setInterval", "clearInterval"],
    ...["Date", "nextTick", "hrtime", "performance", "queueMicrotask"],
  ],
});
work(early ?? require("passlock"), sub, token)
  .finally(() => {
    const now = Date.now();
    clock.restore();
    if (now !== 0) throw new Error("the clock was no fake");
  })
  .then(() => console.log("all of it holds"));
