// An Express application whose users log in with passkeys. Settings come from the environment, as examples/README.md says.

import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import express from "express";
import session from "express-session";
import helmet from "helmet";
import { Passlock, PasslockError } from "passlock";

const port = Number(process.env.PORT ?? 3000);
const origin = process.env.ORIGIN ?? `http://localhost:${port}`;
const endpoint = process.env.PASSLOCK_ENDPOINT ?? "https://api.passlock.dev";
const secure = origin.startsWith("https://");
const cookieName = secure ? "__Host-session" : "session";
const cookieOptions = { path: "/", httpOnly: true, sameSite: "strict", secure };

// One for all requests. Missing settings are an error here, not at the first login.
const passlock = new Passlock({ timeout: 10_000 });

const app = express();
app.set("trust proxy", secure && "loopback");
app.use(
  helmet({
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
  }),
);
app.use(express.static(new URL("../page", import.meta.url).pathname));
app.use(
  session({
    name: cookieName,
    cookie: cookieOptions,
    // In memory, like the sessions themselves. With several processes, store both elsewhere.
    secret: randomBytes(32).toString("hex"),
    resave: false,
    saveUninitialized: false,
  }),
);
app.use((request, response, next) => {
  // Only this application's own page may change anything: other pages' requests carry its cookie too.
  const isOwn = ["GET", "HEAD"].includes(request.method) || request.get("origin") === origin;
  isOwn ? next() : response.sendStatus(403);
});
app.use(express.json());

app.get("/config", (_request, response) => {
  response.json({ endpoint, tenancyId: process.env.PASSLOCK_TENANCY_ID });
});

app.post("/login", async (request, response) => {
  // Pass on whatever the browser sent: an invalid token rejects the promise, like any other failure.
  const principal = await passlock.exchangeToken(request.body?.token);
  await promisify(request.session.regenerate.bind(request.session))();
  request.session.sub = principal.sub;
  response.sendStatus(204);
});

app.post("/logout", async (request, response) => {
  await promisify(request.session.destroy.bind(request.session))();
  response.clearCookie(cookieName, cookieOptions).sendStatus(204);
});

function loggedIn(request, response, next) {
  request.session.sub ? next() : response.sendStatus(401);
}

app.get("/me", loggedIn, async (request, response) => {
  response.json(shown(await passlock.getUser(request.session.sub)));
});

app.patch("/me", loggedIn, async (request, response) => {
  const { givenName, familyName } = request.body ?? {};
  response.json(shown(await passlock.updateUser(request.session.sub, { givenName, familyName })));
});

function shown({ sub, email, givenName, familyName }) {
  return { sub, email, givenName, familyName };
}

app.use((error, _request, response, next) => {
  if (response.headersSent || !(error instanceof PasslockError)) return next(error);
  // The log gets the whole error, which never contains a token or the key; the browser learns what it can do.
  console.warn(`${error.code}: ${error.message}`);
  const status = error.suggestedStatus;
  if (status === 503) response.set("Retry-After", String(Math.ceil((error.retryAfter ?? 5000) / 1000)));
  response.status(status).json({ error: error.code });
});

const server = app.listen(port, "127.0.0.1", () => console.log(`listening on ${origin}`));

process.once("SIGTERM", () => {
  server.close(() => passlock.close());
  server.closeIdleConnections();
});
