// Makes `dist/`: tsc compiles, and each entry point becomes one file, since to find and open a dozen small ones takes longer
// than to load the native half.

import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const entries = ["index.js", "testing.js"];

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, "node_modules/typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "--project", root], { stdio: "inherit" });
buildSync({
  entryPoints: entries.map((entry) => join(dist, entry)),
  outdir: dist,
  allowOverwrite: true,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  logLevel: "warning",
});
for (const file of readdirSync(dist)) {
  if (file.endsWith(".js") && !entries.includes(file)) {
    rmSync(join(dist, file));
  }
}
