// What the packages that are published have in common.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Packs one package for each `[PLATFORM=]FILE` into `out`, with that file and named after the platform, and gives what the
 * package that is installed names as its optional dependencies: exactly these, so that a name that is not published yet is
 * never asked for. Without a PLATFORM, such as `linux-x64-gnu`, it is this machine's.
 */
export function packPlatforms(out, { name: main, version, license, repository, engines }, files, named) {
  const optionalDependencies = {};
  for (const argument of files) {
    const [platform, source] = argument.includes("=") ? argument.split("=", 2) : [host(), argument];
    const [os, cpu, abi] = platform.split("-");
    const name = `${main}-${platform}`;
    const file = named(os);
    const folder = stage(out, name, {
      name,
      version,
      description: `The native half of the package ${main}, for ${platform}. Install ${main} instead.`,
      license,
      repository,
      engines,
      os: [os],
      cpu: [cpu],
      ...(os === "linux" ? { libc: [abi === "musl" ? "musl" : "glibc"] } : {}),
      ...(file.endsWith(".node") ? { main: file } : {}),
      files: [file, ...notices()],
    });
    writeFileSync(
      join(folder, "README.md"),
      `# ${name}\n\nThe native half of the package \`${main}\`: install that.\n`,
    );
    copyFileSync(source, join(folder, file));
    chmodSync(join(folder, file), 0o755);
    for (const name of notices()) {
      copyFileSync(process.env.PASSLOCK_NOTICES, join(folder, name));
    }
    pack(folder);
    optionalDependencies[name] = version;
  }
  return optionalDependencies;
}

/** A folder with a manifest and the licenses. */
export function stage(out, name, manifest) {
  const folder = resolve(out, name);
  mkdirSync(folder, { recursive: true });
  // npm takes a LICENSE along by itself, and none that is called otherwise.
  const files = [...manifest.files, "LICENSE-*"];
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...manifest, files }, null, 2)}\n`);
  for (const file of ["LICENSE-APACHE", "LICENSE-MIT"]) {
    copyFileSync(join(root, "..", file), join(folder, file));
  }
  return folder;
}

/** What names the others whose code is linked, where a release has made it. */
function notices() {
  return process.env.PASSLOCK_NOTICES ? [basename(process.env.PASSLOCK_NOTICES)] : [];
}

export function pack(folder) {
  const command = ["pack", "--silent", "--ignore-scripts", "--pack-destination", dirname(folder)];
  execFileSync("npm", command, { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });
}

/** This machine's platform, as in the names of packages. */
function host() {
  const { platform, arch } = process;
  switch (platform) {
    case "linux":
      return `linux-${arch}-${process.report.getReport().header.glibcVersionRuntime ? "gnu" : "musl"}`;
    case "win32":
      return `win32-${arch}-msvc`;
    default:
      return `${platform}-${arch}`;
  }
}
