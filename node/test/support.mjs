// What tests share.

import { spawn } from "node:child_process";
import { Passlock } from "passlock";
import { startEmulator } from "passlock/testing";

export const KEY = "key-canary-0123456789";

/** An emulator and a client of it, ended with the file's tests. */
export async function setUp(context, options = {}) {
  const emulator = await startEmulator({ tenancyId: "tenancy-1", apiKey: KEY });
  const passlock = new Passlock({ ...emulator.settings, maxRetries: 0, ...options });
  context.after(async () => {
    passlock.close();
    await emulator.stop();
  });
  return { emulator, passlock };
}

/** A token of a new user. */
export async function issue(emulator, user = { email: "ada@example.com", givenName: "Ada" }) {
  const { sub } = await emulator.addUser(user);
  const { token } = await emulator.issueToken({ sub });
  return { sub, token };
}

/** What a promise is rejected with. */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was not rejected");
}

/** The value that `probe` gives once it gives one. */
export async function eventually(probe, what) {
  for (let i = 0; i < 400; i++) {
    const value = await probe();
    if (value) {
      return value;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`it did not happen within 10 s: ${what}`);
}

/** Runs a program to its end. One that does not end within a minute, or another limit, is killed, and its status is null. */
export function execute(command, args, { limit = 60_000, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    const timer = setTimeout(() => child.kill("SIGKILL"), limit);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, stdout, stderr });
    });
  });
}

/** The environment that makes a client of the emulator. */
export function environment(emulator) {
  return {
    ...process.env,
    PASSLOCK_TENANCY_ID: emulator.tenancyId,
    PASSLOCK_API_KEY: emulator.apiKey,
    PASSLOCK_ENDPOINT: emulator.endpoint,
  };
}
