// As the README says, and where everything is: `next` in node/node_modules, the package under test in the consumer's.

import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), process.env.TEST_ROOT);

export default {
  output: "standalone",
  serverExternalPackages: ["passlock"],
  outputFileTracingRoot: root,
  turbopack: { root },
};
