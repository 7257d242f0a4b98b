import { randomBytes } from "node:crypto";
import { cookies } from "next/headers";
import { secure } from "./settings";

// Who is logged in: session id to `sub`. With several processes, this would be a table in a database.
globalThis.sessions ??= new Map();
const { sessions } = globalThis;
const name = secure ? "__Host-session" : "session";
const options = { path: "/", httpOnly: true, secure, sameSite: "strict" };

/** The user who is logged in, if any. */
export async function loggedIn() {
  return sessions.get((await cookies()).get(name)?.value);
}

/** A new session, whatever was there before. */
export async function begin(sub) {
  const jar = await cookies();
  sessions.delete(jar.get(name)?.value);
  const id = randomBytes(32).toString("base64url");
  sessions.set(id, sub);
  jar.set(name, id, options);
}

export async function end() {
  const jar = await cookies();
  sessions.delete(jar.get(name)?.value);
  jar.delete({ name, ...options });
}
