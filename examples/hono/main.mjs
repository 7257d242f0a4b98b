// A Hono application whose users log in with passkeys. Settings come from the environment, as examples/README.md says.

import { randomBytes } from "node:crypto";
import { serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { validator } from "hono/validator";
import { Passlock, PasslockError } from "passlock";

const port = Number(process.env.PORT ?? 3000);
const origin = process.env.ORIGIN ?? `http://localhost:${port}`;
const endpoint = process.env.PASSLOCK_ENDPOINT ?? "https://api.passlock.dev";
const secure = origin.startsWith("https://");

// One for all requests. Missing settings are an error here, not at the first login.
const passlock = new Passlock({ timeout: 10_000 });
// Who is logged in: session id to `sub`. With several processes, this would be a table in a database.
const sessions = new Map();
const prefix = secure ? "host" : undefined;
const cookie = { prefix, path: "/", httpOnly: true, secure, sameSite: "Strict" };

const app = new Hono();
app.use(
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'", endpoint],
      connectSrc: ["'self'", endpoint],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  }),
);
app.use(csrf({ origin }));

app.get("/config", (context) => context.json({ endpoint, tenancyId: process.env.PASSLOCK_TENANCY_ID }));

const isText = (value) => typeof value === "string";
const takes = (...names) =>
  validator("json", (body, context) => (names.every((name) => isText(body?.[name])) ? body : context.body(null, 400)));

app.post("/login", takes("token"), async (context) => {
  const principal = await passlock.exchangeToken(context.req.valid("json").token);
  sessions.delete(getCookie(context, "session", prefix));
  const session = randomBytes(32).toString("base64url");
  sessions.set(session, principal.sub);
  setCookie(context, "session", session, cookie);
  return context.body(null, 204);
});

app.post("/logout", (context) => {
  sessions.delete(deleteCookie(context, "session", cookie));
  return context.body(null, 204);
});

function loggedIn(context) {
  const sub = sessions.get(getCookie(context, "session", prefix));
  if (!sub) throw new HTTPException(401);
  return sub;
}

app.get("/me", async (context) => context.json(shown(await passlock.getUser(loggedIn(context)))));

app.patch("/me", takes("givenName", "familyName"), async (context) => {
  const { givenName, familyName } = context.req.valid("json");
  return context.json(shown(await passlock.updateUser(loggedIn(context), { givenName, familyName })));
});

function shown({ sub, email, givenName, familyName }) {
  return { sub, email, givenName, familyName };
}

app.onError((error, context) => {
  if (error instanceof HTTPException) return error.getResponse();
  // The log gets the whole error, which never contains a token or the key; the browser learns what it can do.
  console.warn(error instanceof PasslockError ? `${error.code}: ${error.message}` : error);
  const status = error.suggestedStatus ?? 500;
  if (status === 503) context.header("Retry-After", String(Math.ceil((error.retryAfter ?? 5000) / 1000)));
  return context.json({ error: error.code }, status);
});

app.use(serveStatic({ root: "../page" }));

const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, () => console.log(`listening on ${origin}`));

process.once("SIGTERM", () => {
  server.close(() => passlock.close());
  server.closeIdleConnections();
});
