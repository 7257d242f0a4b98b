// A login endpoint on Express: the browser posts the token that Passlock gave it, and gets a session.
//
//   npm install express passlock
//   PASSLOCK_TENANCY_ID=... PASSLOCK_API_KEY=... node express.mjs

import { randomUUID } from "node:crypto";
import express from "express";
import { Passlock, PasslockError } from "passlock";

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
    return;
  }
  if (!error.isLoginRefused) console.error(error);
  if (error.suggestedStatus === 503 && error.retryAfter !== undefined) {
    response.set("Retry-After", String(Math.ceil(error.retryAfter / 1000)));
  }
  // The browser isn't told which check failed.
  const text = error.isLoginRefused ? "log in again" : "logging in does not work now";
  response.status(error.suggestedStatus).json({ error: text });
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
