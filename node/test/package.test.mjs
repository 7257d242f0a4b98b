// The package as it was installed: what is in it, how it loads, and what it says when it can't.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as esm from "passlock";
import * as esmTesting from "passlock/testing";
import { environment, execute, issue, setUp } from "./support.mjs";

const require = createRequire(import.meta.url);
const here = fileURLToPath(new URL(".", import.meta.url));
const home = dirname(require.resolve("passlock/package.json"));
const manifest = require("passlock/package.json");
const platforms = Object.keys(manifest.optionalDependencies);
const nativeHome = dirname(require.resolve(`${platforms[0]}/package.json`));

/** A folder of its own, which is gone after the test. */
function folder(context) {
  const path = mkdtempSync(join(tmpdir(), "passlock-"));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** All files below a folder. */
function files(path) {
  return readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
}

suite("what is installed", () => {
  test("is at most 4 MB, and depends on nothing", () => {
    const sizes = [home, nativeHome].flatMap((path) =>
      files(path).map((entry) => statSync(join(entry.parentPath, entry.name)).size),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`installed: ${(total / 1e6).toFixed(2)} MB in ${sizes.length} files`);
    assert.ok(total <= 4_000_000, `${total} bytes`);
    assert.equal(manifest.dependencies, undefined);
    assert.equal(manifest.scripts, undefined);
    assert.deepEqual(
      readdirSync(dirname(home))
        .filter((name) => name.startsWith("passlock"))
        .sort(),
      ["passlock", ...platforms],
    );
    assert.equal(platforms.length, 1);
  });

  test("has one version throughout", () => {
    const native = require(platforms[0]);
    // The package loads no other, so its own is the same.
    assert.deepEqual(
      [native.version(), require(`${platforms[0]}/package.json`).version],
      [manifest.version, manifest.version],
    );
  });

  test("has no test hook", () => {
    const native = require(platforms[0]);
    assert.deepEqual(Object.keys(native).sort(), [
      "Bridge",
      "Client",
      "errorKinds",
      "failure",
      "fields",
      "internalError",
      "variables",
      "version",
    ]);
    assert.deepEqual(
      Object.getOwnPropertyNames(native.Client.prototype).filter((name) => /panic|hook/i.test(name)),
      [],
    );
    const bytes = readFileSync(join(nativeHome, "passlock.node"));
    assert.ok(!bytes.includes("passlock test hook"));
  });

  test("shows its docs to editors", () => {
    const types = ["client", "errors", "models", "options"].map((name) =>
      readFileSync(join(home, `dist/${name}.d.ts`), "utf8"),
    );
    assert.match(types.join(), /\*\/\s+exchangeToken\(/);
    assert.ok(!types.join().includes("fixedNow"));
  });
});

suite("module systems", () => {
  test("share one set of classes", () => {
    const cjs = require("passlock");
    const names = (module) => Object.keys(module).sort();
    const clean = (module) => names(module).filter((name) => !["default", "module.exports"].includes(name));
    assert.deepEqual(clean(esm), names(cjs));
    assert.deepEqual(clean(esmTesting), names(require("passlock/testing")));
    for (const name of names(cjs)) {
      assert.equal(esm[name], cjs[name], name);
    }
  });
});

suite("the README's script", () => {
  const readme = readFileSync(join(home, "README.md"), "utf8");
  const [script] = /(?<=```js\n)import [^`]*/.exec(readme);

  for (const [extension, source] of [
    ["mjs", script],
    // Of an ES module only the first line differs, and that await needs a function around it.
    [
      "cjs",
      script.replace(/^import (\{.*\}) from (".*");$/m, "const $1 = require($2);\n(async () => {").concat("})();\n"),
    ],
  ]) {
    test(`prints the principal's sub in an empty folder, as ${extension}`, async (context) => {
      const { emulator } = await setUp(context);
      const { sub, token } = await issue(emulator);
      const empty = folder(context);
      writeFileSync(join(empty, "package.json"), "{}");
      const tarballs = readdirSync(process.env.PASSLOCK_TEST_TARBALLS)
        .filter((name) => name.endsWith(".tgz"))
        .map((name) => join(process.env.PASSLOCK_TEST_TARBALLS, name));
      const npm = ["install", "--offline", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
      const installed = await execute("npm", [...npm, ...tarballs], { cwd: empty });
      assert.equal(installed.status, 0, installed.stderr);
      writeFileSync(join(empty, `login.${extension}`), source);
      const run = await execute(process.execPath, [`login.${extension}`, token], {
        cwd: empty,
        env: environment(emulator),
      });
      assert.deepEqual([run.status, run.stderr], [0, ""]);
      assert.ok(run.stdout.includes(sub), run.stdout);
    });
  }

  test("is 8 lines long", () => {
    assert.ok(script.trim().split("\n").length <= 8, script);
  });
});

suite("a native module that can't be loaded", () => {
  /** The package in a folder of its own, with this in place of its native half. */
  function broken(context, native) {
    const modules = join(folder(context), "node_modules");
    cpSync(home, join(modules, "passlock"), { recursive: true });
    if (native !== undefined) {
      const path = join(modules, platforms[0]);
      mkdirSync(path);
      writeFileSync(join(path, "package.json"), '{"main":"passlock.node"}');
      native(path);
    }
    return dirname(modules);
  }

  async function complaint(cwd, command = 'require("passlock")') {
    const { status, stderr } = await execute(process.execPath, ["-e", command], { cwd });
    assert.equal(status, 1);
    return stderr;
  }

  test("is named with platform, libc and cause when it is missing", async (context) => {
    for (const command of ['require("passlock")', 'import("passlock")']) {
      const stderr = await complaint(broken(context), command);
      assert.match(stderr, new RegExp(`can't load its native module on ${process.platform} ${process.arch}`));
      assert.match(stderr, new RegExp(`${platforms[0]}: Cannot find module`));
      assert.match(stderr, /optional dependencies/);
      if (process.platform === "linux") {
        assert.match(stderr, /glibc \d|musl/);
      }
    }
  });

  test("leaves the process's reports as they were", async (context) => {
    const command = `
      const before = process.report.excludeNetwork;
      try { require("passlock"); } catch (error) { console.log(error.message.split(" ", 4).join(" ")); }
      console.log(process.report.excludeNetwork === before);`;
    const { stdout } = await execute(process.execPath, ["-e", command], { cwd: broken(context) });
    assert.equal(stdout, `passlock ${manifest.version} can't load\ntrue\n`);
  });

  test("is named with the flag that allows it when Node forbids it", async () => {
    const args = ["--no-addons", "-e", 'require("passlock")'];
    const { status, stderr } = await execute(process.execPath, args, { cwd: here });
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`${platforms[0]}: .*addons? .*disabled`));
    assert.match(stderr, /`--permission`, Node also needs `--allow-addons`/);
  });

  test("is named with the loader's own words when it is damaged", async (context) => {
    const damaged = (path) => writeFileSync(join(path, "passlock.node"), "no library");
    const stderr = await complaint(broken(context, damaged));
    assert.match(stderr, new RegExp(`${platforms[0]}: .*(file too short|invalid ELF|not valid|slice)`));
  });

  test("is named with its version when it is another one", async (context) => {
    const other = (path) => {
      writeFileSync(join(path, "package.json"), '{"main":"index.js"}');
      writeFileSync(join(path, "index.js"), 'exports.version = () => "0.0.1";');
    };
    assert.match(await complaint(broken(context, other)), /it is version 0\.0\.1/);
  });
});

suite("bundlers", () => {
  const tools = process.env.PASSLOCK_TEST_TOOLS;
  const source = 'import { Passlock } from "passlock"; console.log(typeof Passlock.prototype.exchangeToken);';

  async function bundle(into, ...flags) {
    writeFileSync(join(into, "app.mjs"), source);
    const args = ["app.mjs", "--bundle", "--platform=node", "--log-level=warning", ...flags];
    return execute(`${tools}/esbuild`, args, { cwd: into });
  }

  /** Below the test folder, where the package is found. */
  function inside(context) {
    const path = mkdtempSync(join(here, "bundle-"));
    context.after(() => rmSync(path, { recursive: true }));
    return path;
  }

  test("leave the package alone when it is external", async (context) => {
    for (const format of ["esm", "cjs"]) {
      const path = inside(context);
      const file = `out.${format === "esm" ? "mjs" : "cjs"}`;
      const bundled = await bundle(path, "--external:passlock", `--format=${format}`, `--outfile=${file}`);
      assert.deepEqual([bundled.status, bundled.stderr], [0, ""]);
      const run = await execute(process.execPath, [file], { cwd: path });
      assert.deepEqual([run.status, run.stdout, run.stderr], [0, "function\n", ""]);
    }
  });

  test("take the native half along where they can copy it", async (context) => {
    const path = inside(context);
    const bundled = await bundle(path, "--loader:.node=copy", "--format=cjs", "--outdir=out");
    assert.deepEqual([bundled.status, bundled.stderr], [0, ""]);
    const elsewhere = folder(context);
    cpSync(join(path, "out"), elsewhere, { recursive: true });
    const run = await execute(process.execPath, ["app.js"], { cwd: elsewhere });
    assert.deepEqual([run.status, run.stdout, run.stderr], [0, "function\n", ""]);
  });

  test("name the native half where they can't", async (context) => {
    const bundled = await bundle(inside(context), "--format=cjs", "--outdir=out");
    assert.equal(bundled.status, 1);
    assert.match(bundled.stderr, /No loader is configured for "\.node" files: .*passlock\.node/);
  });

  test("get told what to do when it is left out", async (context) => {
    for (const format of ["esm", "cjs"]) {
      const path = inside(context);
      const file = `out.${format === "esm" ? "mjs" : "cjs"}`;
      const bundled = await bundle(path, "--external:passlock-*", `--format=${format}`, `--outfile=${file}`);
      assert.deepEqual([bundled.status, bundled.stderr], [0, ""]);
      // Where it is deployed there is no node_modules.
      const elsewhere = folder(context);
      cpSync(join(path, file), join(elsewhere, file));
      const run = await execute(process.execPath, [file], { cwd: elsewhere });
      assert.equal(run.status, 1);
      assert.match(run.stderr, /mark `passlock` as external/);
    }
  });
});
