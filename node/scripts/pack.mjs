// Packs what is published: `node scripts/pack.mjs OUT [PLATFORM=]NATIVE ...`
//
// NATIVE is a library that cargo built from bindings/napi, and PLATFORM the npm package's suffix (`linux-x64-gnu`); without
// one it is this machine's. For each there is a platform package, and `passlock` itself names exactly these as its optional
// dependencies: a name that is not published yet is never asked for. `dist/` must have been made (build.mjs).

import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [out, ...natives] = process.argv.slice(2);
if (out === undefined || natives.length === 0) {
  console.error("usage: node scripts/pack.mjs OUT [PLATFORM=]NATIVE ...");
  process.exit(2);
}
const {
  scripts: _ours,
  devDependencies: _tools,
  allowScripts: _theirs,
  ...published
} = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { version, license, repository, engines } = published;

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const optionalDependencies = {};
for (const argument of natives) {
  const [platform, library] = argument.includes("=") ? argument.split("=", 2) : [host(), argument];
  const [os, cpu, abi] = platform.split("-");
  const name = `passlock-${platform}`;
  const folder = stage(name, {
    name,
    version,
    description: `The native half of the package passlock, for ${platform}. Install passlock instead.`,
    license,
    repository,
    engines,
    os: [os],
    cpu: [cpu],
    ...(os === "linux" ? { libc: [abi === "musl" ? "musl" : "glibc"] } : {}),
    main: "passlock.node",
    files: ["passlock.node"],
  });
  writeFileSync(join(folder, "README.md"), `# ${name}\n\nThe native half of the package \`passlock\`: install that.\n`);
  copyFileSync(library, join(folder, "passlock.node"));
  pack(folder);
  optionalDependencies[name] = version;
}

const folder = stage("passlock", { ...published, optionalDependencies });
cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
copyFileSync(join(root, "README.md"), join(folder, "README.md"));
pack(folder);

/** A folder with a manifest and the licenses. */
function stage(name, manifest) {
  const folder = resolve(out, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of ["LICENSE-APACHE", "LICENSE-MIT"]) {
    copyFileSync(join(root, "..", file), join(folder, file));
  }
  return folder;
}

function pack(folder) {
  const command = ["pack", "--silent", "--ignore-scripts", "--pack-destination", resolve(out)];
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
