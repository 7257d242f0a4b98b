// The native half: where it is found, and what it offers. `bindings/napi` is its source.

import { VERSION } from "./version.js";

/** Why a call failed, as the native half says it. Absent is null, `retryAfter` is seconds. */
export interface NativeFailure {
  kind: string;
  message: string;
  operation?: string | null;
  status?: number | null;
  tag?: string | null;
  detail?: string | null;
  requestId?: string | null;
  retryAfter?: number | null;
  attempts: number;
  retryable: boolean;
  limit?: string | null;
  claim?: string | null;
  hint?: string | null;
  applied: boolean;
  cause?: string | null;
}

type Text = string | null;

/** `[id, failure]` */
export type FailedRecord = readonly [number, NativeFailure];
/** `[id, sub, email, givenName, familyName, emailVerified]` */
export type UserRecord = readonly [number, string, string, Text, Text, boolean];
/**
 * `[id, iss, aud, sub, iat, nbf, exp, jti, token, userVerified, authType, authId, givenName, familyName, email,
 * emailVerified]`, times in milliseconds
 */
export type PrincipalRecord = readonly [
  number,
  string,
  string,
  string,
  number,
  number,
  number,
  string,
  string,
  boolean,
  string,
  string,
  Text,
  Text,
  Text,
  boolean | null,
];
/** A finished call, told apart by its length. */
export type FinishedRecord = FailedRecord | UserRecord | PrincipalRecord;

/** The settings of one call that differ from the client's; times in milliseconds. */
export interface NativeCallSettings {
  timeout?: number;
  issuer?: string;
  requireUserVerified?: boolean;
  authTypes?: string[];
}

/** What an update changes; `unknown` is the name of a field that there is none of. */
export interface NativeUpdate {
  givenName?: string;
  familyName?: string;
  emailVerified?: boolean;
  unknown?: string;
}

/** A client. Each operation gives the finished call where nothing has to be waited for. */
export interface NativeClient {
  readonly tenancyId: string;
  readonly endpoint: string;
  exchangeToken(id: number, token: string, settings?: NativeCallSettings): FinishedRecord | null;
  getUser(id: number, sub: string, settings?: NativeCallSettings): FinishedRecord | null;
  updateUser(id: number, sub: string, update: NativeUpdate, settings?: NativeCallSettings): FinishedRecord | null;
  close(): void;
}

/** The way to the calls and back. */
export interface NativeBridge {
  cancel(id: number): void;
}

export interface Native {
  Bridge: new (settle: (...finished: FinishedRecord | []) => void) => NativeBridge;
  Client: { open(bridge: NativeBridge, settings: object): NativeClient | NativeFailure };
  /** What a caller meets instead of an exception of the native half, which would be a panic. */
  internalError(): NativeFailure;
  /** The variables of the environment that settings may come from. */
  variables(): string[];
  version(): string;
}

/** Loads the native half that belongs to this platform and this version. */
export function load(): Native {
  const causes: string[] = [];
  for (const name of candidates()) {
    try {
      const native: Native = require(name);
      const version = native.version();
      if (version !== VERSION) {
        throw new Error(`it is of version ${version}`);
      }
      return native;
    } catch (error) {
      causes.push(`${name}: ${firstLine(error)}`);
    }
  }
  throw new Error(explain(causes));
}

/** The packages that may hold it, the likelier one first. Which libc there is takes long to find out: npm knew. */
function candidates(): string[] {
  const { platform, arch } = process;
  switch (platform) {
    case "linux":
      return [`passlock-linux-${arch}-gnu`, `passlock-linux-${arch}-musl`];
    case "win32":
      return [`passlock-win32-${arch}-msvc`];
    default:
      return [`passlock-${platform}-${arch}`];
  }
}

function explain(causes: string[]): string {
  const where = [process.platform, process.arch, ...libc()].join(" ");
  return [
    `passlock ${VERSION} can't load its native module on ${where}, Node ABI ${process.versions.modules}.`,
    ...causes.map((cause) => `  ${cause}`),
    "What to do: if a bundler made this file, mark `passlock` as external. If the package is missing, install again " +
      "on this machine, with optional dependencies and a lock file that was not made on another platform.",
  ].join("\n");
}

function libc(): string[] {
  if (process.platform !== "linux") {
    return [];
  }
  try {
    const { report } = process as { report: { excludeNetwork?: boolean; getReport(): object } };
    // Else the report looks up the names of all peers.
    report.excludeNetwork = true;
    const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
    return [header.glibcVersionRuntime ? `glibc ${header.glibcVersionRuntime}` : "musl or another libc"];
  } catch {
    return ["unknown libc"];
  }
}

function firstLine(error: unknown): string {
  // Node lists who required it below the first line.
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0] ?? "";
}
