// Makes `dist/`: tsc checks and writes the types, and esbuild makes each entry point one file, since to find and open a dozen
// small ones takes longer than to load the native half.

import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const entries = ["index", "testing"];

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, "node_modules/typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "--project", root], { stdio: "inherit" });
for (const file of readdirSync(dist)) {
  // The modules of ours that an entry point has in it.
  if (file.endsWith(".js")) {
    rmSync(join(dist, file));
  }
}
const { outputFiles } = buildSync({
  entryPoints: entries.map((entry) => join(root, "src", `${entry}.ts`)),
  outdir: dist,
  write: false,
  bundle: true,
  external: ["passlock-*"],
  platform: "node",
  format: "cjs",
  target: "node20",
  logLevel: "warning",
});
for (const { path, text } of outputFiles) {
  writeFileSync(path, withPlainExports(text, basename(path)));
}

/**
 * Exports are plain values. esbuild's are getters, made by helpers that fail where `Object.prototype` has been added to, and
 * mocking tools can't replace them.
 */
function withPlainExports(text, file) {
  const helpers =
    /^"use strict";\nvar __defProp = [\s\S]*?__export\(\w+, \{([^}]*)\}\);\nmodule\.exports = __toCommonJS\(\w+\);\n/;
  const annotation = /\/\/ Annotate the CommonJS export names[^\n]*\n0 && \(module\.exports = \{[^}]*\}\);\n/;
  const found = helpers.exec(text);
  if (found === null || !annotation.test(text)) {
    throw new Error(`esbuild writes the exports of ${file} in another way now`);
  }
  const exported = [...found[1].matchAll(/(\w+): \(\) => (\w+)/g)].map(([, name, value]) => {
    return name === value ? `  ${name},\n` : `  ${name}: ${value},\n`;
  });
  return text.replace(helpers, '"use strict";\n').replace(annotation, `module.exports = {\n${exported.join("")}};\n`);
}
