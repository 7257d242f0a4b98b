// What these tests share.

import { fileURLToPath } from "node:url";

/** This folder, in which the scripts are. */
export const HERE = fileURLToPath(new URL(".", import.meta.url));
/** Where the tools' commands are. */
export const TOOLS = process.env.PASSLOCK_TEST_TOOLS;
