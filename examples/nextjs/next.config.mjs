/** @type {import("next").NextConfig} */
export default {
  output: "standalone",
  outputFileTracingRoot: import.meta.dirname,
  // Native code stays a separate package, and is copied into the standalone server.
  serverExternalPackages: ["passlock"],
  // The page is a static file; copy-static.mjs puts it where the server finds it.
  rewrites: () => [{ source: "/", destination: "/index.html" }],
};
