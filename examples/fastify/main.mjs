// A Fastify application whose users log in with passkeys. Settings come from the environment, as examples/README.md says.

import { randomBytes } from "node:crypto";
import cookie from "@fastify/cookie";
import csrfProtection from "@fastify/csrf-protection";
import helmet from "@fastify/helmet";
import session from "@fastify/session";
import files from "@fastify/static";
import Fastify from "fastify";
import { Passlock, PasslockError } from "passlock";

const port = Number(process.env.PORT ?? 3000);
const origin = process.env.ORIGIN ?? `http://localhost:${port}`;
const endpoint = process.env.PASSLOCK_ENDPOINT ?? "https://api.passlock.dev";
const secure = origin.startsWith("https://");
const cookieName = secure ? "__Host-session" : "session";
const cookieOptions = { httpOnly: true, sameSite: "strict", secure, path: "/" };

// One for all requests. Missing settings are an error here, not at the first login.
const passlock = new Passlock({ timeout: 10_000 });

const app = Fastify({ logger: true, trustProxy: secure && "loopback" });
app.addHook("onClose", () => passlock.close());
await app.register(helmet, {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'", endpoint],
      connectSrc: ["'self'", endpoint],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
});
await app.register(files, { root: new URL("../page", import.meta.url) });
await app.register(cookie);
await app.register(session, {
  cookieName,
  cookie: cookieOptions,
  // In memory, like the sessions themselves. With several processes, store both elsewhere.
  secret: randomBytes(32).toString("hex"),
  saveUninitialized: false,
  // A request that was slow does not bring back a session that has ended in the meantime.
  rolling: false,
});
await app.register(csrfProtection, { sessionPlugin: "@fastify/session" });

app.addHook("preHandler", (request, reply, done) => {
  ["GET", "HEAD"].includes(request.method) ? done() : app.csrfProtection(request, reply, done);
});

app.get("/config", (_request, reply) => ({
  endpoint,
  tenancyId: process.env.PASSLOCK_TENANCY_ID,
  csrf: { header: "csrf-token", token: reply.generateCsrf() },
}));

const text = { type: "string" };
// Only these fields: a browser may not change everything that an update can.
const takes = (properties) => ({
  schema: { body: { type: "object", required: Object.keys(properties), properties, additionalProperties: false } },
});

app.post("/login", takes({ token: text }), async (request, reply) => {
  const principal = await passlock.exchangeToken(request.body.token);
  await request.session.regenerate();
  request.session.sub = principal.sub;
  reply.code(204);
});

app.post("/logout", async (request, reply) => {
  await request.session.destroy();
  reply.clearCookie(cookieName, cookieOptions).code(204);
});

app.register(async (own) => {
  own.addHook("preHandler", async (request, reply) => {
    if (!request.session.sub) return reply.code(401).send();
  });

  own.get("/me", async (request) => shown(await passlock.getUser(request.session.sub)));

  own.patch("/me", takes({ givenName: text, familyName: text }), async (request) =>
    shown(await passlock.updateUser(request.session.sub, request.body)),
  );
});

function shown({ sub, email, givenName, familyName }) {
  return { sub, email, givenName, familyName };
}

app.setErrorHandler((error, request, reply) => {
  if (!(error instanceof PasslockError)) return reply.send(error);
  // The log gets the whole error, which never contains a token or the key; the browser learns what it can do.
  request.log.warn(`${error.code}: ${error.message}`);
  const status = error.suggestedStatus;
  if (status === 503) reply.header("Retry-After", Math.ceil((error.retryAfter ?? 5000) / 1000));
  return reply.code(status).send({ error: error.code });
});

await app.listen({ port, host: "127.0.0.1" });
process.once("SIGTERM", () => app.close());
