// `passlock/testing`: an emulator of the API, for your own tests. Works with node:test, vitest, jest or none of them.

import { Agent, type IncomingMessage, request } from "node:http";
import type { OperationName } from "./errors.js";
import { Program, reason } from "./program.js";

/** How to start an emulator. */
export interface EmulatorOptions {
  /** The tenancy that is served. Default: generated. */
  tenancyId?: string | undefined;
  /** The API key that is accepted: a value for tests, never a real key. Default: generated. */
  apiKey?: string | undefined;
  /** Makes tokens and ids reproducible, and so predictable: for tests only. */
  randomSeed?: number | undefined;
  /** Whether a principal has the fields that only Passlock's own clients need. Default: true. */
  legacyFields?: boolean | undefined;
  /** The program. Default: the one in the package `passlock-cli`, else the one that `PASSLOCK_CLI` names, else the one on the PATH. */
  command?: string | undefined;
  /** How long start-up may take, in milliseconds. Default: 10000. */
  timeout?: number | undefined;
}

/** A user to add. No two users share an email address or a `sub`. */
export interface NewUser {
  email: string;
  givenName?: string | undefined;
  familyName?: string | undefined;
  /** Default: false. */
  emailVerified?: boolean | undefined;
  /** Default: generated. */
  sub?: string | undefined;
}

/** A user, as the emulator stores it. */
export interface EmulatorUser {
  sub: string;
  email: string;
  givenName?: string;
  familyName?: string;
  emailVerified: boolean;
}

/** A token to issue. */
export interface NewToken {
  /** The user whose token it is. */
  sub: string;
  /** Default: `passkey`. */
  authType?: string | undefined;
  /** Default: true. */
  userVerified?: boolean | undefined;
  /** How long it is valid, in seconds. Default: 360. */
  ttlSeconds?: number | undefined;
  /** Whether only the first exchange succeeds. Default: false. */
  singleUse?: boolean | undefined;
}

/** A token, and when it expires. */
export interface IssuedToken {
  token: string;
  exp: Date;
}

/** The emulator could not be started, is not running, or refused a command. */
export class EmulatorError extends Error {
  override readonly name = "EmulatorError";
}

/**
 * A fault to inject. What each looks like to a client:
 * {@link https://github.com/passlock-dev/passlock-sdk/blob/main/crates/passlock-emulator/CONTROL.md}
 */
export type EmulatorFault =
  | {
      kind: "status";
      status: number;
      headers?: Record<string, string> | undefined;
      body?: string | undefined;
      bodyBase64?: string | undefined;
    }
  | { kind: "delay"; millis: number }
  | { kind: "hang" | "reset" | "resetAfterHead" | "endlessHead" }
  | { kind: "stall" | "stallHead" | "truncate"; afterBytes?: number | undefined }
  | { kind: "drip"; millisPerByte: number }
  | { kind: "garbage"; bytesBase64?: string | undefined }
  | { kind: "endless"; status?: number | undefined }
  | { kind: "closeIdle"; afterMillis?: number | undefined }
  | { kind: "redirect"; location: string; status?: number | undefined };

/** Which requests a fault applies to. */
export interface FaultRule {
  /** How many of them. Default: 1. */
  times?: number | undefined;
  /** The only method it applies to. Default: any. */
  method?: string | undefined;
  /** The only operation it applies to. Default: any. */
  operation?: OperationName | undefined;
  /** Whether the operation is carried out before the fault. Default: false. */
  apply?: boolean | undefined;
}

/** How the emulator responds. */
export interface EmulatorBehaviour {
  /** The response to an update: the user under `user`, the user itself, or nothing. At first `wrapped`. */
  patchAnswer?: "wrapped" | "bare" | "empty" | undefined;
  /** Whether a principal has the fields that only Passlock's own clients need. */
  legacyFields?: boolean | undefined;
}

/** One request that the emulator has seen. */
export interface JournalEntry {
  method: string;
  /** Exactly as on the wire. */
  path: string;
  /** By their lower-case names; the value of `authorization` is replaced by its SHA-256, in hexadecimal digits. */
  headers: Record<string, string>;
  /** The first 64 KiB, as text. */
  body: string;
  /** The number of its TCP connection. */
  connection: number;
  /** How it ended, if it has. */
  outcome: "pending" | "answered" | "clientClosed" | "faulted";
  /** When its head arrived, in milliseconds since the Unix epoch. */
  atMillis: number;
  /** When it ended, on the same clock; null if it has not. */
  endedAtMillis: number | null;
  /** The operation; null for any other request. */
  operation: OperationName | null;
  /** The `kind` of the injected fault. */
  fault: string | null;
}

/**
 * Starts an emulator of the Passlock API on a free port of this machine. It runs until {@link Emulator.stop} or the end of
 * this process, which it does not keep alive.
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
  const command = options.command ?? packaged() ?? (process.env.PASSLOCK_CLI || "passlock-cli");
  const timeout = options.timeout ?? 10_000;
  let limit: AbortSignal | undefined;
  let program: Program | undefined;
  try {
    limit = limitOf(timeout);
    program = new Program(command, argumentsOf(options));
    const ready = readyOf(await program.firstLine(limit));
    const emulator = new Emulator(program, ready);
    await emulator.check(limit);
    program.unref();
    return emulator;
  } catch (error) {
    await program?.kill();
    const why = limit?.aborted ? `it was not ready within ${timeout} ms` : reason(error as Error);
    throw new EmulatorError(`the Passlock emulator (${command} emulate) can't be started: ${why}`, { cause: error });
  }
}

/** Not a timer: fake ones would never pass, and this keeps no process alive. */
function limitOf(timeout: number): AbortSignal {
  try {
    return AbortSignal.timeout(timeout);
  } catch (error) {
    throw new Error(`timeout must be 0 or more milliseconds, not ${timeout}`, { cause: error });
  }
}

/** The program of the package `passlock-cli`, an optional peer of this one. */
function packaged(): string | undefined {
  try {
    return (require("passlock-cli") as { program: string }).program;
  } catch {
    // It is not installed, or not built for this platform.
    return undefined;
  }
}

function argumentsOf({ tenancyId, apiKey, randomSeed, legacyFields }: EmulatorOptions): string[] {
  const args = ["emulate", "--json", "--exit-with-stdin"];
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
  return args;
}

/** What the emulator reports in its first line. */
interface Ready {
  endpoint: string;
  tenancyId: string;
  apiKey: string;
  control: string;
}

function readyOf(line: string): Ready {
  let ready: Partial<Ready> | null = null;
  try {
    ready = JSON.parse(line);
  } catch {
    // Said below.
  }
  for (const name of ["endpoint", "tenancyId", "apiKey", "control"] as const) {
    if (typeof ready?.[name] !== "string") {
      throw new Error(ANOTHER_PROGRAM);
    }
  }
  return ready as Ready;
}

const ANOTHER_PROGRAM =
  "this is not the Passlock SDK's program: set PASSLOCK_CLI to the path of the SDK's `passlock-cli`";

/** The version of the control API that this file speaks. */
const PROTOCOL = 1;

/** A running emulator. */
export class Emulator {
  /** Where it listens: the client's `endpoint` setting. */
  readonly endpoint: string;
  /** The tenancy that it serves. */
  readonly tenancyId: string;
  /** The API key that it accepts. */
  readonly apiKey: string;

  readonly #program: Program;
  readonly #control: string;
  // No connection outlives its request, so that none keeps a test's process alive.
  readonly #agent = new Agent({ keepAlive: false });

  /** @internal */
  constructor(program: Program, ready: Ready) {
    this.endpoint = ready.endpoint;
    this.tenancyId = ready.tenancyId;
    this.apiKey = ready.apiKey;
    this.#control = ready.control;
    this.#program = program;
  }

  /**
   * Checks that it is the emulator that responds.
   *
   * @internal
   */
  async check(limit: AbortSignal): Promise<void> {
    const health = (await this.#send("GET", "health", undefined, limit)) as {
      protocol?: unknown;
      version?: unknown;
    } | null;
    if (health?.protocol === undefined) {
      throw new Error(ANOTHER_PROGRAM);
    }
    if (health.protocol !== PROTOCOL) {
      throw new Error(`it has a different version (${health.version}): install the version that matches this package`);
    }
  }

  /** The settings of a client that talks to it: `new Passlock(emulator.settings)`. */
  get settings(): { endpoint: string; tenancyId: string; apiKey: string } {
    return { endpoint: this.endpoint, tenancyId: this.tenancyId, apiKey: this.apiKey };
  }

  /** Stops it. Stopping again does nothing. */
  async stop(): Promise<void> {
    await this.#program.stop();
  }

  /** Resets everything to its initial state. */
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

  /** Injects a fault into the next request, or into those that a rule matches. */
  async fault(fault: EmulatorFault, rule: FaultRule = {}): Promise<void> {
    await this.#post("faults", { ...rule, fault });
  }

  /** Ages the existing tokens by a number of milliseconds. */
  async advance(milliseconds: number): Promise<void> {
    await this.#post("clock", { advanceSeconds: milliseconds / 1000 });
  }

  /** Sets how it behaves where Passlock's documentation leaves it open. Fields that are undefined change nothing. */
  async configure(behaviour: EmulatorBehaviour): Promise<void> {
    await this.#post("behaviour", behaviour);
  }

  /** The last 10,000 requests to the API, oldest first. */
  async journal(): Promise<JournalEntry[]> {
    const { requests } = (await this.#send("GET", "journal")) as { requests: JournalEntry[] };
    return requests;
  }

  #post(verb: string, body: object): Promise<unknown> {
    return this.#send("POST", verb, body);
  }

  async #send(
    method: string,
    verb: string,
    body?: object,
    limit = AbortSignal.timeout(LONGEST_ANSWER),
  ): Promise<unknown> {
    let answer: { status: number | undefined; text: string };
    try {
      answer = await this.#request(method, verb, body, limit);
      if (answer.status === 200) {
        return JSON.parse(answer.text);
      }
    } catch (error) {
      const why = (error as Error).message;
      throw new EmulatorError(`${method} ${verb} of the Passlock emulator failed: ${why}`, { cause: error });
    }
    throw new EmulatorError(`the Passlock emulator refused ${method} ${verb}: ${answer.status} ${answer.text}`);
  }

  #request(
    method: string,
    verb: string,
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<{ status: number | undefined; text: string }> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = text === undefined ? {} : { "content-type": "application/json" };
      const call = request(`${this.#control}/${verb}`, { method, headers, agent: this.#agent, signal }, (answer) => {
        read(answer).then((said) => resolve({ status: answer.statusCode, text: said }), reject);
      });
      call.once("error", reject);
      call.end(text);
    });
  }
}

/** In milliseconds. The emulator responds at once. */
const LONGEST_ANSWER = 10_000;

async function read(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  for await (const part of answer) {
    text += part;
  }
  return text;
}
