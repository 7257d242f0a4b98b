// A login endpoint on Express: the browser posts the token that Passlock gave it, and gets a session.
//
//   npm install express passlock
//   PASSLOCK_TENANCY_ID=... PASSLOCK_API_KEY=... node express.mjs

import { randomUUID } from "node:crypto";
import express from "express";
import { ClaimsError, InvalidInputError, NotFoundError, Passlock, PasslockError } from "passlock";

const passlock = new Passlock();
const sessions = new Map();
const app = express();
app.use(express.json());

app.post("/login", async (request, response) => {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  // Whatever the browser sent: an invalid token is a rejection like any other.
  const principal = await passlock.exchangeToken(request.body?.token, { signal: gone.signal });
  const session = randomUUID();
  sessions.set(session, principal.sub);
  response.cookie("session", session, { httpOnly: true, secure: true, sameSite: "lax" });
  response.json({ sub: principal.sub, givenName: principal.givenName });
});

app.use((error, _request, response, next) => {
  if (response.headersSent || !(error instanceof PasslockError)) {
    next(error);
  } else if (error instanceof NotFoundError || error instanceof ClaimsError || error instanceof InvalidInputError) {
    // The user's fault, or an attacker's: say no more than that.
    response.status(401).json({ error: "login failed" });
  } else {
    console.error(error);
    response.status(error.retryable ? 503 : 500).json({ error: "login is not available" });
  }
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
