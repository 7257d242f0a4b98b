// A program that a test starts, and that never outlives it.

import { type ChildProcess, spawn } from "node:child_process";

/** More than any line that is waited for, or any complaint that is passed on, in characters. */
const LONGEST_TEXT = 16_384;
/** How long a program may take to end when it is asked to, in milliseconds. */
const LONGEST_END = 10_000;

/** How long its last words may take, when it has ended. */
const LONGEST_FLUSH = 500;

const HOW_TO_GET_IT =
  "there is no such program. Install it with `npm install --save-dev passlock-cli`, or build it with `cargo install --path crates/passlock-cli` in a checkout of the Passlock SDK, " +
  "then put it on the PATH or set PASSLOCK_CLI to its path";

export class Program {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  constructor(command: string, args: string[]) {
    // In a group of its own, so that what a wrapper starts ends with it.
    const detached = process.platform !== "win32";
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], windowsHide: true, detached });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", resolve);
      // It was not started, and won't exit.
      child.once("error", resolve);
    });
    // One that closes its input is no reason for an error of this process.
    child.stdin?.on("error", () => {});
  }

  /** Its first line; rejected when it ends without one, and when the limit passes. */
  firstLine(limit: AbortSignal): Promise<string> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(why));
      let complaint = "";
      let said = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        complaint = (complaint + text).slice(-LONGEST_TEXT);
      });
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        // What comes later is read, so that it can be written, and is of no interest.
        said = (said + text).slice(0, LONGEST_TEXT);
        const end = said.indexOf("\n");
        if (end >= 0) {
          resolve(said.slice(0, end));
        } else if (said.length === LONGEST_TEXT) {
          fail("its first line is too long");
        }
      });
      child.once("error", (error: NodeJS.ErrnoException) => {
        fail(error.code === "ENOENT" ? HOW_TO_GET_IT : error.message);
      });
      child.once("exit", (code, signal) => {
        const ended = () => fail(`it ended with ${code ?? signal}: ${complaint.trim()}`);
        child.once("close", ended);
        // What it has started, and left behind, may hold its streams open.
        AbortSignal.timeout(LONGEST_FLUSH).addEventListener("abort", ended, { once: true });
      });
      limit.addEventListener("abort", () => fail("the time is up"), { once: true });
    });
  }

  /** From now on it keeps this process no longer alive. */
  unref(): void {
    const { stdin, stdout, stderr } = this.#child;
    this.#child.unref();
    for (const stream of [stdin, stdout, stderr]) {
      // A pipe is a socket; the type says only what all streams have.
      (stream as { unref?: () => void } | null)?.unref?.();
    }
  }

  /** Asks it to end, and waits until it has. Asking again does nothing. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) {
      return;
    }
    this.#child.ref();
    this.#child.stdin?.end();
    this.#signal("SIGTERM");
    const late = AbortSignal.timeout(LONGEST_END);
    late.addEventListener("abort", () => this.#signal("SIGKILL"), { once: true });
    await this.#exited;
  }

  /** Ends it, whatever it is, and what it has started. */
  async kill(): Promise<void> {
    const { stdin, stdout, stderr } = this.#child;
    this.#signal("SIGKILL");
    await this.#exited;
    for (const stream of [stdin, stdout, stderr]) {
      stream?.destroy();
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined) {
      return;
    }
    try {
      // Its group, of which some may be left when it has ended itself.
      process.kill(-pid, signal);
    } catch {
      // It was the last one; or this platform has no groups.
      if (exitCode === null && signalCode === null) {
        this.#child.kill(signal);
      }
    }
  }
}
