/** The package's version, which its native half must have too. `test/package.test.mjs` compares that with package.json. */
export const VERSION = "0.1.0";
