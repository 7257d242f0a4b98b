// Packs what is published: `node scripts/pack.mjs OUT [PLATFORM=]NATIVE ...`
//
// NATIVE is a library that cargo built from bindings/napi: there is a package for each, and `passlock` itself has them as
// its optional dependencies. `dist/` must have been made (build.mjs).

import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pack, packPlatforms, root, stage } from "./packages.mjs";

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

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const optionalDependencies = packPlatforms(out, published, natives, () => "passlock.node");
const folder = stage(out, "passlock", { ...published, optionalDependencies });
cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
copyFileSync(join(root, "README.md"), join(folder, "README.md"));
pack(folder);
