// Finds and loads the native half.

import type { Native } from "./native.js";
import { VERSION } from "./version.js";

/** Loads the native half that belongs to this platform and this version. */
export function load(): Native {
  const causes: string[] = [];
  for (const name of candidates()) {
    const native = attempt(name, causes);
    if (native !== undefined) {
      return native;
    }
  }
  throw new Error(explain(causes));
}

/**
 * Each name is written out in full: what follows imports without running them, to find out which files to deploy, sees
 * nothing else. All are within `try`, where bundlers pass over the ones that are not installed.
 */
function attempt(name: string, causes: string[]): Native | undefined {
  let native: Native;
  try {
    switch (name) {
      case "passlock-darwin-arm64":
        native = require("passlock-darwin-arm64");
        break;
      case "passlock-darwin-x64":
        native = require("passlock-darwin-x64");
        break;
      case "passlock-linux-arm64-gnu":
        native = require("passlock-linux-arm64-gnu");
        break;
      case "passlock-linux-arm64-musl":
        native = require("passlock-linux-arm64-musl");
        break;
      case "passlock-linux-x64-gnu":
        native = require("passlock-linux-x64-gnu");
        break;
      case "passlock-linux-x64-musl":
        native = require("passlock-linux-x64-musl");
        break;
      case "passlock-win32-x64-msvc":
        native = require("passlock-win32-x64-msvc");
        break;
      default:
        throw new Error("there is no such package");
    }
    const version = native.version();
    if (version !== VERSION) {
      throw new Error(`it is version ${version}`);
    }
    return native;
  } catch (error) {
    causes.push(`${name}: ${firstLine(error)}`);
    return undefined;
  }
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
      "on this machine, with optional dependencies and a lock file that was not made on another platform. With " +
      "`--permission`, Node also needs `--allow-addons`; `--no-addons` forbids native modules.",
  ].join("\n");
}

function libc(): string[] {
  if (process.platform !== "linux") {
    return [];
  }
  try {
    const { report } = process as { report: { excludeNetwork?: boolean | undefined; getReport(): object } };
    const { excludeNetwork } = report;
    try {
      // Else the report looks up the names of all peers.
      report.excludeNetwork = true;
      const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
      return [header.glibcVersionRuntime ? `glibc ${header.glibcVersionRuntime}` : "musl or another libc"];
    } finally {
      report.excludeNetwork = excludeNetwork;
    }
  } catch {
    return ["unknown libc"];
  }
}

function firstLine(error: unknown): string {
  // Node lists who required it below the first line.
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0] ?? "";
}
