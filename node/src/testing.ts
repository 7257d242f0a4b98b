// `passlock/testing`: the API in a box, for your own tests. Works with node:test, vitest, jest or none of them.

import { type ChildProcess, spawn } from "node:child_process";
import { Agent, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";

/** How an emulator is to be started. */
export interface EmulatorOptions {
  /** The tenancy that is served. Default: made up. */
  tenancyId?: string | undefined;
  /** The API key that is accepted: a value for tests, never a real key. Default: made up. */
  apiKey?: string | undefined;
  /** Makes all that is made up repeatable. */
  randomSeed?: number | undefined;
  /** Whether a principal has the fields that only Passlock's own clients need. Default: true. */
  legacyFields?: boolean | undefined;
  /** The binary. Default: the environment's `PASSLOCK_CLI`, or else `passlock` on the PATH. */
  command?: string | undefined;
  /** How long the start may take, in milliseconds. Default: 10000. */
  timeout?: number | undefined;
}

/** A user to add. */
export interface NewUser {
  email: string;
  givenName?: string | undefined;
  familyName?: string | undefined;
  emailVerified?: boolean | undefined;
  /** Default: made up. */
  sub?: string | undefined;
}

/** A user as the emulator knows it. */
export interface EmulatorUser {
  sub: string;
  email: string;
  givenName?: string;
  familyName?: string;
  emailVerified: boolean;
}

/** A token to issue. */
export interface NewToken {
  /** Whose. */
  sub: string;
  /** Default: `passkey`. */
  authType?: string | undefined;
  userVerified?: boolean | undefined;
  /** How long it lives, in seconds. Default: 360. */
  ttlSeconds?: number | undefined;
  /** Whether a second exchange fails. */
  singleUse?: boolean | undefined;
}

/** A token, and when it expires. */
export interface IssuedToken {
  token: string;
  exp: Date;
}

/** One way to answer badly. */
export type EmulatorFault =
  | {
      kind: "status";
      status: number;
      headers?: Record<string, string>;
      body?: string;
      bodyBase64?: string;
    }
  | { kind: "delay"; millis: number }
  | { kind: "hang" | "reset" | "resetAfterHead" | "endlessHead" }
  | { kind: "stall" | "stallHead" | "truncate"; afterBytes?: number }
  | { kind: "drip"; millisPerByte: number }
  | { kind: "garbage"; bytesBase64?: string }
  | { kind: "endless"; status?: number }
  | { kind: "closeIdle"; afterMillis?: number }
  | { kind: "redirect"; location: string; status?: number };

/** Which requests meet a fault. */
export interface FaultRule {
  /** How many of them. Default: 1. */
  times?: number | undefined;
  method?: string | undefined;
  operation?: "exchange_token" | "get_user" | "update_user" | undefined;
  /** Whether the operation is carried out all the same. Default: false. */
  apply?: boolean | undefined;
}

/** How the emulator answers. */
export interface EmulatorBehaviour {
  patchAnswer?: "wrapped" | "bare" | "empty" | undefined;
  legacyFields?: boolean | undefined;
}

/** One request that the emulator has seen. */
export interface JournalEntry {
  method: string;
  /** Exactly as on the wire. */
  path: string;
  /** By their lower-case names; `authorization` is replaced by its SHA-256. */
  headers: Record<string, string>;
  body: string;
  /** The number of its TCP connection. */
  connection: number;
  outcome: "pending" | "answered" | "clientClosed" | "faulted";
  atMillis: number;
  endedAtMillis: number | null;
  operation: "exchange_token" | "get_user" | "update_user" | null;
  fault: string | null;
}

/**
 * Starts an emulator of the Passlock API on a free port of this machine. It ends with {@link Emulator.stop}, and at the
 * latest with this process, which it does not keep alive.
 *
 * ```js
 * const emulator = await startEmulator();
 * const passlock = new Passlock(emulator.settings);
 * const user = await emulator.addUser({ email: "ada@example.com" });
 * const { token } = await emulator.issueToken({ sub: user.sub });
 * const principal = await passlock.exchangeToken(token);
 * await emulator.stop();
 * ```
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const args = ["emulate", "--json", "--exit-with-stdin"];
  const { tenancyId, apiKey, randomSeed, legacyFields } = options;
  for (const [flag, value] of [
    ["--tenancy-id", tenancyId],
    ["--api-key", apiKey],
    ["--random-seed", randomSeed],
  ] as const) {
    if (value !== undefined) {
      args.push(`${flag}=${value}`);
    }
  }
  if (legacyFields === false) {
    args.push("--no-legacy-fields");
  }
  const command = options.command ?? (process.env.PASSLOCK_CLI || "passlock");
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
  try {
    const ready = await firstLine(child, command, options.timeout ?? 10_000);
    return new Emulator(child, JSON.parse(ready));
  } catch (error) {
    child.kill();
    throw error;
  }
}

/** The line that the emulator prints when it is ready. */
function firstLine(child: ChildProcess, command: string, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaint = "";
    const timer = setTimeout(() => fail(`it was not ready within ${timeout} ms`), timeout);
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`the Passlock emulator (${command} emulate) can't be started: ${why}`));
    };
    child.stderr?.on("data", (text) => {
      complaint += text;
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      fail(error.code === "ENOENT" ? HOW_TO_GET_IT : error.message);
    });
    child.once("close", (code) => fail(`it ended with ${code}: ${complaint.trim()}`));
    if (child.stdout !== null) {
      createInterface(child.stdout).once("line", (line) => {
        clearTimeout(timer);
        resolve(line);
      });
    }
  });
}

const HOW_TO_GET_IT =
  "there is no such program. Build it with `cargo install --path crates/passlock-cli` in a checkout of the Passlock SDK, " +
  "then put it on the PATH or set PASSLOCK_CLI to it";

interface Ready {
  endpoint: string;
  tenancyId: string;
  apiKey: string;
  control: string;
}

/** A running emulator. */
export class Emulator {
  /** Where it is. */
  readonly endpoint: string;
  /** The tenancy that it serves. */
  readonly tenancyId: string;
  /** The API key that it accepts. */
  readonly apiKey: string;

  readonly #child: ChildProcess;
  readonly #control: string;
  // No connection outlives its request, so that none keeps a test's process alive.
  readonly #agent = new Agent({ keepAlive: false });

  /** @internal */
  constructor(child: ChildProcess, ready: Ready) {
    this.endpoint = ready.endpoint;
    this.tenancyId = ready.tenancyId;
    this.apiKey = ready.apiKey;
    this.#control = ready.control;
    this.#child = child;
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      // A pipe is a socket; the type says only what all streams have.
      (stream as { unref?: () => void } | null)?.unref?.();
    }
  }

  /** The settings of a client that talks to it: `new Passlock(emulator.settings)`. */
  get settings(): { endpoint: string; tenancyId: string; apiKey: string } {
    return { endpoint: this.endpoint, tenancyId: this.tenancyId, apiKey: this.apiKey };
  }

  /** Ends it. Ending it again does nothing. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.ref();
    child.stdin?.end();
    child.kill();
    await ended;
  }

  /** Forgets users, tokens, faults and the journal. */
  async reset(): Promise<void> {
    await this.#post("reset", {});
  }

  /** Adds a user. */
  async addUser(user: NewUser): Promise<EmulatorUser> {
    const { user: added } = (await this.#post("users", user)) as { user: EmulatorUser };
    return added;
  }

  /** Issues a token, as a browser would get it. */
  async issueToken(token: NewToken): Promise<IssuedToken> {
    const issued = (await this.#post("tokens", token)) as { token: string; exp: number };
    return { token: issued.token, exp: new Date(issued.exp * 1000) };
  }

  /** Lets the next request, or those that a rule matches, meet a fault. */
  async fault(fault: EmulatorFault, rule: FaultRule = {}): Promise<void> {
    await this.#post("faults", { ...rule, fault });
  }

  /** Lets time pass for the tokens that exist, in milliseconds. */
  async advance(milliseconds: number): Promise<void> {
    await this.#post("clock", { advanceSeconds: milliseconds / 1000 });
  }

  /** Changes how it answers. */
  async configure(behaviour: EmulatorBehaviour): Promise<void> {
    await this.#post("behaviour", behaviour);
  }

  /** All requests since the start or the last reset, in order of arrival. */
  async journal(): Promise<JournalEntry[]> {
    const { requests } = (await this.#send("GET", "journal")) as { requests: JournalEntry[] };
    return requests;
  }

  #post(verb: string, body: object): Promise<unknown> {
    return this.#send("POST", verb, JSON.stringify(body));
  }

  #send(method: string, verb: string, body?: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const call = request(`${this.#control}/${verb}`, { method, headers, agent: this.#agent }, (answer) => {
        read(answer).then((text) => {
          if (answer.statusCode === 200) {
            resolve(JSON.parse(text));
          } else {
            reject(new Error(`the Passlock emulator refused ${method} ${verb}: ${answer.statusCode} ${text}`));
          }
        }, reject);
      });
      call.once("error", reject);
      call.end(body);
    });
  }
}

async function read(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  for await (const part of answer) {
    text += part;
  }
  return text;
}
