// Packs the command: `node scripts/pack-cli.mjs OUT [PLATFORM=]PROGRAM ...`
//
// PROGRAM is what cargo built of crates/passlock-cli: there is a package for each, and `passlock-cli`, which is installed,
// runs the one that is this machine's.

import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pack, packPlatforms, root, stage } from "./packages.mjs";

const [out, ...programs] = process.argv.slice(2);
if (out === undefined || programs.length === 0) {
  console.error("usage: node scripts/pack-cli.mjs OUT [PLATFORM=]PROGRAM ...");
  process.exit(2);
}
const cli = join(root, "cli");
const published = JSON.parse(readFileSync(join(cli, "package.json"), "utf8"));

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const optionalDependencies = packPlatforms(out, published, programs, (os) => {
  return os === "win32" ? "passlock-cli.exe" : "passlock-cli";
});
const folder = stage(out, "passlock-cli", { ...published, optionalDependencies });
for (const file of [...published.files, "README.md"]) {
  cpSync(join(cli, file), join(folder, file));
}
pack(folder);
