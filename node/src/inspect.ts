// What objects of ours look like when they are printed: `console.log` in Node, Bun and Deno asks for this symbol.

import type { InspectOptions } from "node:util";

export const CUSTOM = Symbol.for("nodejs.util.inspect.custom");

export type Inspect = (value: unknown, options: InspectOptions) => string;

export function shown(name: string, fields: object, depth: number, options: InspectOptions, inspect: Inspect): string {
  return depth < 0 ? `[${name}]` : `${name} ${inspect(fields, options)}`;
}
