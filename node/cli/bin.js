#!/usr/bin/env node
"use strict";
// Runs the program in this one's place: same streams, same signals, same status.

const { spawn } = require("node:child_process");

let program;
try {
  ({ program } = require("./index.js"));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

// It is told to end, and waited for, so that it is never left behind: by whoever listens from before it starts.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
child.once("error", (error) => {
  console.error(`${program} can't be started: ${error.message}`);
  process.exitCode = 1;
});
child.once("exit", (code, signal) => {
  if (signal === null) {
    process.exitCode = code;
    return;
  }
  // Ends as the program did.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
