// The same package by `require`: the same types.

import passlockModule = require("passlock");
import testing = require("passlock/testing");

export async function login(token: string): Promise<string> {
  const passlock = new passlockModule.Passlock({ endpoint: passlockModule.V1_ENDPOINT });
  const principal: passlockModule.Principal = await passlock.exchangeToken(token);
  return principal.sub;
}

export const start: (options?: testing.EmulatorOptions) => Promise<testing.Emulator> = testing.startEmulator;
