"use strict";
// Where the program is: in the package that npm chose for this platform.

const { platform, arch } = process;
const file = platform === "win32" ? "passlock-cli.exe" : "passlock-cli";

exports.program = find();

function find() {
  for (const name of candidates()) {
    try {
      return require.resolve(`${name}/${file}`);
    } catch {
      // It is for another platform, or was left out.
    }
  }
  throw new Error(
    `passlock-cli is not installed for ${platform} ${arch}. Install it again on this machine, with optional dependencies ` +
      "and a lock file that was not made on another platform.",
  );
}

function candidates() {
  const name = `passlock-cli-${platform}-${arch}`;
  switch (platform) {
    case "linux":
      return [`${name}-gnu`, `${name}-musl`];
    case "win32":
      return [`${name}-msvc`];
    default:
      return [name];
  }
}
