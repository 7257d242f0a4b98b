// After the build: a standalone server includes its code, and leaves static files to the deployment.

import { cpSync } from "node:fs";

cpSync("../page", ".next/standalone/public", { recursive: true });
