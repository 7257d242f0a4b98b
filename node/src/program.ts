// A program that a test starts, and that does not outlive the test.

import { type ChildProcess, spawn } from "node:child_process";

/** Longer than any line that is expected or any error output that is passed on, in characters. */
const LONGEST_TEXT = 16_384;
/** How long a program may take to exit when it is asked to, in milliseconds. */
const LONGEST_END = 10_000;

/** How long to wait for its remaining output once it has exited, in milliseconds. */
const LONGEST_FLUSH = 500;

const HOW_TO_GET_IT =
  "there is no such program. Install it with `npm install --save-dev passlock-cli`, or build it with `cargo install --path crates/passlock-cli` in a checkout of the Passlock SDK, " +
  "then put it on the PATH or set PASSLOCK_CLI to its path";

/** Without a shell Windows starts nothing else: a .cmd is not found by its name, and by its path it is EINVAL. */
const ONLY_AN_EXE =
  process.platform === "win32"
    ? ". On Windows it must be passlock-cli.exe, not the .cmd that `npm install --global` makes: use `npm install --save-dev passlock-cli`"
    : "";

/** Why it can't be started. */
export function reason({ code, message }: NodeJS.ErrnoException): string {
  const why = code === "ENOENT" ? HOW_TO_GET_IT : message;
  return code === "ENOENT" || code === "EINVAL" ? why + ONLY_AN_EXE : why;
}

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
    // If it closes its input, that must not be an error in this process.
    child.stdin?.on("error", () => {});
  }

  /** Its first line. Rejects if it exits without one, or if the limit passes. */
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
        // Later output is read only so that the program can go on writing, and is ignored.
        said = (said + text).slice(0, LONGEST_TEXT);
        const end = said.indexOf("\n");
        if (end >= 0) {
          resolve(said.slice(0, end));
        } else if (said.length === LONGEST_TEXT) {
          fail("its first line is too long");
        }
      });
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        const ended = () => fail(`it ended with ${code ?? signal}: ${complaint.trim()}`);
        child.once("close", ended);
        // Processes that it started and left behind may hold its streams open.
        AbortSignal.timeout(LONGEST_FLUSH).addEventListener("abort", ended, { once: true });
      });
      limit.addEventListener("abort", () => fail("the time is up"), { once: true });
    });
  }

  /** From now on, it no longer keeps this process alive. */
  unref(): void {
    const { stdin, stdout, stderr } = this.#child;
    this.#child.unref();
    for (const stream of [stdin, stdout, stderr]) {
      // A pipe is a socket; the type says only what all streams have.
      (stream as { unref?: () => void } | null)?.unref?.();
    }
  }

  /** Asks it to exit, and waits until it has. Asking again does nothing. */
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

  /** Kills it, whatever it is, and everything it has started. */
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
      // Its group: some of it may still be running when the program itself has exited.
      process.kill(-pid, signal);
    } catch {
      // The group is empty, or this platform has no groups.
      if (exitCode === null && signalCode === null) {
        this.#child.kill(signal);
      }
    }
  }
}
